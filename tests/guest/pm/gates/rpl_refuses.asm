; [386] 6.3.4
%include "pm.inc"
case 386, "a call gate with DPL below the selector's RPL is #GP(gate selector)"
    gate SLOT1, CODE32, .bad, CALL_GATE32
  ring0
    .bad: call (SLOT1 | 3):0
  caught PROTECTION, SLOT1, .bad
end_case
