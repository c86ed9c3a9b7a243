; [386] 9.7
%include "pm.inc"
case 386, "an exception whose handler's selector is null is #GP(EXT)"
    interrupt INVALID_OPCODE, 0, .bad, INT_GATE32
  ring0
    .bad: ud2
  caught PROTECTION, EXT, .bad
end_case
