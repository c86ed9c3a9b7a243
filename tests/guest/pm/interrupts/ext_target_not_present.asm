; [386] 9.7
%include "pm.inc"
case 386, "an exception whose handler's code is not present is #NP(selector + EXT)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ & ~PRESENT, BIG | PAGES
    interrupt INVALID_OPCODE, SLOT1, .bad, INT_GATE32
  ring0
    .bad: ud2
  caught NOT_PRESENT, SLOT1 + EXT, .bad
end_case
