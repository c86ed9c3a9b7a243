; [386] 17, MOV: the checks in their order
%include "pm.inc"
case 386, "privilege is checked before the present bit"
    descriptor SLOT1, 0, 0xFFFF, READ_WRITE & ~PRESENT
    mov ax, SLOT1 | 3
  ring0
    .bad: mov ds, ax
  caught PROTECTION, SLOT1, .bad
end_case
