; [386] 5.2: one frame, two pages
%include "pm.inc"
case 386, "a write through one linear address changes the code at another"
    paging
    page WINDOW, FRAME_A | P_ALL
    page WINDOW + 0x1000, FRAME_A | P_ALL
    mov dword [WINDOW], 0xC301B0        ; MOV AL,1; RET
    mov ebx, WINDOW
    call ebx
    check8 al, 1
    mov byte [WINDOW + 0x1001], 5
    call ebx
    check8 al, 5
end_case
