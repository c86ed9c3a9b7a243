; [386] 6.3.5
%include "pm.inc"
case 386, "LLDT in ring 3 is #GP(0) before the selector is looked at"
  ring3
    mov ax, 0xFFF8
    .bad: lldt ax
  caught PROTECTION, 0, .bad
end_case
