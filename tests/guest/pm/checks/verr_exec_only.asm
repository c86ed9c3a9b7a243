; [386] 17, VERR
%include "pm.inc"
case 386, "VERR of code that cannot be read clears ZF"
    descriptor SLOT1, 0, 0xFFFF, EXEC_ONLY
    mov ax, SLOT1
    verr ax
    check_flags ZF_BIT, 0
    mov ax, CODE32
    verr ax
    check_flags ZF_BIT, ZF_BIT
end_case
