; [386] 17, VERR
%include "pm.inc"
case 386, "VERR of null, of a selector beyond the limit and of a system segment clears ZF"
    xor eax, eax
    verr ax
    check_flags ZF_BIT, 0
    mov ax, 0xFFF8
    verr ax
    check_flags ZF_BIT, 0
    mov ax, TSS_SEL
    verr ax
    check_flags ZF_BIT, 0
    mov ax, LDT_SEL
    verw ax
    check_flags ZF_BIT, 0
end_case
