; [386] 6.4.1.2
%include "pm.inc"
case 386, "a write to a read-only page in ring 3 is #PF(U W P)"
    paging
    page WINDOW, FRAME_A | P_PRESENT | P_USER
  ring3
    mov eax, [WINDOW]
    .bad: mov [WINDOW], eax
  caught PAGE_FAULT, PF_USER | PF_WRITE | PF_PRESENT, .bad
end_case
