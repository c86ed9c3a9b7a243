; [386] 9.8.12
%include "pm.inc"
case 386, "an SS override beyond the limit is #SS(0), a DS override of EBP is #GP(0)"
    descriptor SLOT1, 0, 0x7FFF, READ_WRITE, BIG
    mov ax, SLOT1
  ring0
    mov ss, ax
    mov ebx, 0x8000
    .bad: mov eax, [ss:ebx]
  caught STACK_FAULT, 0, .bad
    mov ax, SLOT1
  ring0
    mov ds, ax
    mov ebp, 0x8000
    .worse: mov eax, [ds:ebp]
  caught PROTECTION, 0, .worse
end_case
