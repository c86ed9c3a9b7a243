; [386] 5.2.4.3
%include "pm.inc"
case 386, "a write after a read of the same page still sets D"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov eax, [WINDOW]
    mov [WINDOW], eax
    mov ebx, [pte(WINDOW)]
    check ebx, FRAME_A | P_ALL | P_ACCESSED | P_DIRTY
end_case
