; [386] 6.3.1.2
%include "pm.inc"
case 386, "a selector beyond the GDT's limit is #GP(selector)"
    mov ax, 0x200
  ring0
    .bad: mov ds, ax
  caught PROTECTION, 0x200, .bad
end_case
