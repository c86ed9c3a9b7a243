; [386] 5.2.4.3
%include "pm.inc"
case 386, "a write sets A and D in the table entry"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov [WINDOW], eax
    mov ebx, [pte(WINDOW)]
    check ebx, FRAME_A | P_ALL | P_ACCESSED | P_DIRTY
end_case
