; [386] 17, LAR
%include "pm.inc"
case 386, "LAR with a 16-bit operand gives the access byte only"
    mov ax, CODE16
    mov ebx, 0x12345678
    lar bx, ax
    check ebx, 0x12349A00
end_case
