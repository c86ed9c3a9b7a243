; [386] 5.2.1
%include "pm.inc"
case 386, "a page shows the frame that its table entry names"
    paging
    mov dword [FRAME_A + 0x10], 0xAAAA
    mov dword [FRAME_B + 0x10], 0xBBBB
    page WINDOW, FRAME_B | P_ALL
    page WINDOW + 0x1000, FRAME_A | P_ALL
    mov eax, [WINDOW + 0x10]
    mov ebx, [WINDOW + 0x1010]
    check eax, 0xBBBB
    check ebx, 0xAAAA
end_case
