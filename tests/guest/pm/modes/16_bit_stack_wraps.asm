; [386] 16.3
%include "pm.inc"
case 386, "with B clear in SS a push at SP 0 goes to FFFEh"
    descriptor SLOT1, 0x30000, 0xFFFF, READ_WRITE
    mov ax, SLOT1
  ring0
    mov ss, ax
    xor esp, esp
    push word 0x1234
    mov ebx, esp
    mov ax, DATA32
    mov ss, ax
    mov esp, STACK_TASK
  finished
    check16 bx, 0xFFFE
    check16 [0x3FFFE], 0x1234
end_case
