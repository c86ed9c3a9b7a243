; [386] 16.3
%include "pm.inc"
case 386, "with B clear in SS pushes move SP only"
    mov ax, DATA16
  ring0
    mov ss, ax
    mov esp, 0xABCD0000 + STACK_TASK
    push eax
    push word 1
    mov ebx, esp
    mov esp, STACK_TASK
  finished
    check ebx, 0xABCD0000 + STACK_TASK - 6
end_case
