; [286] 7.6, 11.3
%include "pm16.inc"
case 286, "LAR, LSL, VERR, VERW and ARPL tell what a selector is good for"
    mov ax, USER_DATA16
    lar bx, ax
    check_zero_flag 1
    check bx, (READ_WRITE | DPL3) << 8
    lsl bx, ax
    check bx, 0xFFFF
    verw ax
    check_zero_flag 1
    mov ax, CODE16
    verw ax
    check_zero_flag 0
    mov ax, DATA16 | 3
    verr ax
    check_zero_flag 0
    mov ax, 0x10
    mov bx, 3
    arpl ax, bx
    check_zero_flag 1
    check ax, 0x13
end_case
