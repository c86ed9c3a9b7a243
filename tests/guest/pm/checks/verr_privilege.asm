; [386] 17, VERR
%include "pm.inc"
case 386, "VERR and VERW use the weaker of CPL and RPL"
    mov ax, DATA32 | 3
    verr ax
    check_flags ZF_BIT, 0
    verw ax
    check_flags ZF_BIT, 0
    mov ax, USER_DATA32
    verr ax
    check_flags ZF_BIT, ZF_BIT
    verw ax
    check_flags ZF_BIT, ZF_BIT
end_case
