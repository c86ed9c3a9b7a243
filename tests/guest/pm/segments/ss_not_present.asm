; [386] 9.8.12
%include "pm.inc"
case 386, "a stack segment that is not present is #SS(selector)"
    descriptor SLOT1, 0, 0xFFFFF, READ_WRITE & ~PRESENT, BIG | PAGES
    mov ax, SLOT1
  ring0
    .bad: mov ss, ax
  caught STACK_FAULT, SLOT1, .bad
end_case
