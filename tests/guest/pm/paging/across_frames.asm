; [386] 5.2
%include "pm.inc"
case 386, "an operand across two pages comes from two frames"
    paging
    mov dword [FRAME_B + 0xFFC], 0x44332211
    mov dword [FRAME_A], 0x88776655
    page WINDOW, FRAME_B | P_ALL
    page WINDOW + 0x1000, FRAME_A | P_ALL
    mov eax, [WINDOW + 0xFFE]
    check eax, 0x66554433
    mov dword [WINDOW + 0xFFD], 0xDDCCBBAA
    check [FRAME_B + 0xFFC], 0xCCBBAA11
    check [FRAME_A], 0x887766DD
end_case
