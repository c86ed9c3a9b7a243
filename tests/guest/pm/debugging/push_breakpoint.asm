; [386] 12.3.1.2
%include "pm.inc"
case 386, "a push onto a watched dword traps behind the push"
    mov eax, STACK_TASK - 4
    mov dr0, eax
    mov eax, 0x000D0001                 ; L0, write, 4 bytes
    mov dr7, eax
  ring0
    mov esp, STACK_TASK
    push ecx
  .behind:
    nop
  caught DEBUG, NONE, .behind
    xor eax, eax
    mov dr7, eax
end_case
