; [386] 17, MOV: CR0, CR2, CR3 only
%include "pm.inc"
case 386, "MOV of CR1 is #UD"
  ring0
    .bad: db 0x0F, 0x20, 0xC8           ; MOV EAX,CR1
  caught INVALID_OPCODE, NONE, .bad
end_case
