; [386] 9.7: EXT says that the event was not the program's INT.
%include "pm.inc"
case 386, "an exception whose gate is not present is #NP(vector * 8 + IDT + EXT)"
    interrupt INVALID_OPCODE, CODE32, .bad, INT_GATE32 & ~PRESENT
  ring0
    .bad: ud2
  caught NOT_PRESENT, INVALID_OPCODE * 8 + IDT_BIT + EXT, .bad
end_case
