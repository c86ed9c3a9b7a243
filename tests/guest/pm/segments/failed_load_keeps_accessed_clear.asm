; [386] 5.1.1
%include "pm.inc"
case 386, "a load that fails sets no accessed bit"
    descriptor SLOT1, 0, 0xFFFF, READ_WRITE & ~PRESENT
    mov ax, SLOT1
  ring0
    .bad: mov ds, ax
  caught NOT_PRESENT, SLOT1, .bad
    check8 [GDT + SLOT1 + 5], READ_WRITE & ~PRESENT
end_case
