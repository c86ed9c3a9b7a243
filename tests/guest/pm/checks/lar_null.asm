; [386] 17, LAR
%include "pm.inc"
case 386, "LAR of a null selector clears ZF and leaves the register"
    mov ax, 2
    mov ebx, 0x55
    lar ebx, eax
    check_flags ZF_BIT, 0
    check ebx, 0x55
end_case
