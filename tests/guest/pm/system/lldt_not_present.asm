; [386] 17, LLDT
%include "pm.inc"
case 386, "LLDT of an LDT that is not present is #NP(selector)"
    descriptor SLOT1, 0x30000, 0xFF, LDT_TYPE & ~PRESENT
    mov ax, SLOT1
  ring0
    .bad: lldt ax
  caught NOT_PRESENT, SLOT1, .bad
end_case
