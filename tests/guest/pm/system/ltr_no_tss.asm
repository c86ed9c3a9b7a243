; [386] 17, LTR
%include "pm.inc"
case 386, "LTR of another descriptor type is #GP(selector)"
    mov ax, LDT_SEL
  ring0
    .bad: ltr ax
  caught PROTECTION, LDT_SEL, .bad
end_case
