; [486] 26, INVLPG
%include "pm.inc"
case 486, "INVLPG in ring 3 is #GP(0), with a register operand #UD"
  ring3
    .bad: invlpg [WINDOW]
  caught PROTECTION, 0, .bad
  ring0
    .worse: db 0x0F, 0x01, 0xF8
  caught INVALID_OPCODE, NONE, .worse
end_case
