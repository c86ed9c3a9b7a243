; [386] 14.5
%include "pm.inc"
case 386, "a 32-bit address above the 64 KB limit in real mode is interrupt 13"
  real
    mov ebx, 0x10000
    .bad: mov al, [ebx]
  caught PROTECTION, NONE, .bad
end_case
