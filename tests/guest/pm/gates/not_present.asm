; [386] 17, CALL
%include "pm.inc"
case 386, "a call gate that is not present is #NP(gate selector)"
    gate SLOT1, CODE32, .bad, CALL_GATE32 & ~PRESENT
  ring0
    .bad: call SLOT1:0
  caught NOT_PRESENT, SLOT1, .bad
end_case
