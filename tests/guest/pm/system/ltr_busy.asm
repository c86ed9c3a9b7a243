; [386] 17, LTR
%include "pm.inc"
case 386, "LTR of a busy TSS is #GP(selector)"
    mov ax, TSS_SEL
  ring0
    .bad: ltr ax
  caught PROTECTION, TSS_SEL, .bad
end_case
