; [386] 5.2.5
%include "pm.inc"
case 386, "code in a page that is mapped to another frame is the new code"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [FRAME_A], 0xC301B0       ; MOV AL,1; RET
    mov dword [FRAME_B], 0xC302B0       ; MOV AL,2; RET
    mov ebx, WINDOW
    call ebx
    check8 al, 1
    page WINDOW, FRAME_B | P_ALL
    flush
    call ebx
    check8 al, 2
end_case
