; [386] 5.2.4.3
%include "pm.inc"
case 386, "an access that faults sets neither A nor D in the table entry"
    paging
    page WINDOW, FRAME_A | P_PRESENT
  ring3
    .bad: mov eax, [WINDOW]
  caught PAGE_FAULT, PF_PRESENT | PF_USER, .bad
    mov ebx, [pte(WINDOW)]
    check ebx, FRAME_A | P_PRESENT
end_case
