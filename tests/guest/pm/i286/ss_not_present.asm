; [286] 9.8
%include "pm16.inc"
case 286, "a stack segment that is not present is #SS(selector)"
    descriptor SLOT1, 0, 0xFFFF, READ_WRITE & ~PRESENT
    mov ax, SLOT1
  ring0
    .bad: mov ss, ax
  caught STACK_FAULT, SLOT1, .bad
end_case
