; [386] 9.8.12
%include "pm.inc"
case 386, "a read beyond the limit through EBP is #SS(0)"
    descriptor SLOT1, 0, 0x7FFF, READ_WRITE, BIG
    mov ax, SLOT1
  ring0
    mov ss, ax
    mov ebp, 0x8000
    .bad: mov eax, [ebp]
  caught STACK_FAULT, 0, .bad
end_case
