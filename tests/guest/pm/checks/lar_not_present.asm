; [386] 17, LAR: present is not among the conditions.
%include "pm.inc"
case 386, "LAR ignores the present bit"
    descriptor SLOT1, 0, 0xFFFF, READ_WRITE & ~PRESENT
    mov ax, SLOT1
    lar ebx, eax
    check_flags ZF_BIT, ZF_BIT
    and ebx, 0xFF00
    check ebx, (READ_WRITE & ~PRESENT) << 8
end_case
