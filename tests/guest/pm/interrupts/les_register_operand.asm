; [386] 9.8.6
%include "pm.inc"
case 386, "LES and BOUND with a register operand are #UD"
  ring0
    .bad: db 0xC4, 0xC0, 0, 0, 0, 0
  caught INVALID_OPCODE, NONE, .bad
  ring0
    .worse: db 0x62, 0xC0, 0, 0, 0, 0
  caught INVALID_OPCODE, NONE, .worse
end_case
