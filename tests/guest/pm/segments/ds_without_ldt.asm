; [386] 17, LLDT: "references to the LDT cause #GP"
%include "pm.inc"
case 386, "an LDT selector while LDTR is null is #GP(selector)"
    xor eax, eax
    lldt ax
    mov ax, 0x08 | IN_LDT
  ring0
    .bad: mov ds, ax
  caught PROTECTION, 0x08 | IN_LDT, .bad
end_case
