; [386] 9.8.11
%include "pm.inc"
case 386, "a data segment that is not present is #NP(selector)"
    descriptor SLOT1, 0, 0xFFFF, READ_WRITE & ~PRESENT
    mov ax, SLOT1
  ring0
    .bad: mov ds, ax
  caught NOT_PRESENT, SLOT1, .bad
end_case
