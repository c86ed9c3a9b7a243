; Pentium Family Developer's Manual, volume 3, 25, CMPXCHG8B
%include "pm.inc"
case 586, "CMPXCHG8B with a register operand is #UD"
  ring0
    .bad: db 0x0F, 0xC7, 0xC8
  caught INVALID_OPCODE, NONE, .bad
end_case
