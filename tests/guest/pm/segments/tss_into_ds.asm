; [386] 6.3.1.1
%include "pm.inc"
case 386, "a system descriptor in a data segment register is #GP(selector)"
    mov ax, TSS_SEL
  ring0
    .bad: mov ds, ax
  caught PROTECTION, TSS_SEL, .bad
end_case
