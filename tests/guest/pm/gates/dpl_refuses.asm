; [386] 6.3.4
%include "pm.inc"
case 386, "a call gate with DPL below CPL is #GP(gate selector)"
    gate SLOT1, CODE32, .bad, CALL_GATE32
  ring3
    .bad: call SLOT1:0
  caught PROTECTION, SLOT1, .bad
end_case
