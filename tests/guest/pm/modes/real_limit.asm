; [386] 14.5
%include "pm.inc"
case 386, "a word at FFFFh in real mode is interrupt 13"
  real
    .bad: mov ax, [0xFFFF]
  caught PROTECTION, NONE, .bad
end_case
