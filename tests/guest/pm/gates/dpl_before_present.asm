; [386] 17, CALL
%include "pm.inc"
case 386, "the gate's DPL is checked before its present bit"
    gate SLOT1, CODE32, .bad, CALL_GATE32 & ~PRESENT
  ring3
    .bad: call SLOT1:0
  caught PROTECTION, SLOT1, .bad
end_case
