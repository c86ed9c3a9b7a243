; [386] 17, VERW
%include "pm.inc"
case 386, "VERW of read-only data and of code clears ZF"
    descriptor SLOT1, 0, 0xFFFF, READ_ONLY
    mov ax, SLOT1
    verw ax
    check_flags ZF_BIT, 0
    verr ax
    check_flags ZF_BIT, ZF_BIT
    mov ax, CODE32
    verw ax
    check_flags ZF_BIT, 0
    mov ax, DATA16
    verw ax
    check_flags ZF_BIT, ZF_BIT
end_case
