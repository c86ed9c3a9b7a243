; [386] 17, ARPL
%include "pm.inc"
case 386, "ARPL raises the RPL and sets ZF"
    mov ax, 0x1234 & ~3
    mov bx, 2
    arpl ax, bx
    check_flags ZF_BIT, ZF_BIT
    check16 ax, (0x1234 & ~3) | 2
end_case
