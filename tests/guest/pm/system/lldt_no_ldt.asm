; [386] 17, LLDT
%include "pm.inc"
case 386, "LLDT of another descriptor type is #GP(selector)"
    mov ax, DATA32
  ring0
    .bad: lldt ax
  caught PROTECTION, DATA32, .bad
end_case
