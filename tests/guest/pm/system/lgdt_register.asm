; [386] 17, LGDT
%include "pm.inc"
case 386, "LGDT and SGDT with a register operand are #UD"
  ring0
    .bad: db 0x0F, 0x01, 0xD0           ; LGDT EAX
  caught INVALID_OPCODE, NONE, .bad
  ring0
    .worse: db 0x0F, 0x01, 0xC8         ; SIDT EAX
  caught INVALID_OPCODE, NONE, .worse
end_case
