; [386] 17, LEAVE: by the stack's address size
%include "pm.inc"
case 386, "with B clear in SS, LEAVE and ENTER use BP and SP"
    mov ax, DATA16
  ring0
    mov ss, ax
    mov ebp, 0x77770000 + STACK_TASK - 8
    mov dword [STACK_TASK - 8], 0x12345678
    mov esp, STACK_TASK - 0x40
    leave
    mov ebx, esp
  finished
    check ebp, 0x12345678
    check ebx, STACK_TASK - 4
end_case
