; [386] 17, LLDT: "Read descriptor from the GDT"
%include "pm.inc"
case 386, "LLDT of a selector with TI is #GP(selector)"
    ldt_descriptor 0x10, 0x30000, 0xFF, LDT_TYPE
    mov ax, 0x10 | IN_LDT
  ring0
    .bad: lldt ax
  caught PROTECTION, 0x10 | IN_LDT, .bad
end_case
