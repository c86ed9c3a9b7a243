; [386] 14.5
%include "pm.inc"
case 386, "a word at FFFFh of the stack in real mode is interrupt 12"
  real
    mov bp, 0xFFFF
    .bad: mov ax, [bp]
  caught STACK_FAULT, NONE, .bad
end_case
