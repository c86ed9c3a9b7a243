; [486] i486 Programmer's Reference Manual, 26, INVLPG
%include "pm.inc"
case 486, "INVLPG makes one changed table entry count"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [FRAME_A], 1
    mov dword [FRAME_B], 2
    mov eax, [WINDOW]
    page WINDOW, FRAME_B | P_ALL
    invlpg [WINDOW + 0x123]
    mov ebx, [WINDOW]
    check eax, 1
    check ebx, 2
end_case
