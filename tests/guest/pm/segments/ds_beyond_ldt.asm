; [386] 9.7
%include "pm.inc"
case 386, "a selector beyond the LDT's limit is #GP(selector) with TI"
    mov ax, 0x100 | IN_LDT
  ring0
    .bad: mov es, ax
  caught PROTECTION, 0x100 | IN_LDT, .bad
end_case
