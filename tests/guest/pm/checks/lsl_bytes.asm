; [386] 17, LSL
%include "pm.inc"
case 386, "LSL gives a byte-granular limit as it is"
    descriptor SLOT1, 0, 0xABCDE, READ_WRITE
    mov ax, SLOT1
    lsl ebx, eax
    check_flags ZF_BIT, ZF_BIT
    check ebx, 0xABCDE
end_case
