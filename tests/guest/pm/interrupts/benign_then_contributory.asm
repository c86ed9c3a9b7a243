; [386] 9.8.8: #UD is benign.
%include "pm.inc"
case 386, "#UD whose handler gives #GP is #GP, no double fault"
    interrupt INVALID_OPCODE, DATA32, .bad, INT_GATE32
  ring0
    .bad: ud2
  caught PROTECTION, DATA32 + EXT, .bad
end_case
