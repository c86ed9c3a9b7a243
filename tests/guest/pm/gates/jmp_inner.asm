; [386] 6.3.4: only CALL can go to a smaller ring.
%include "pm.inc"
case 386, "a JMP through a call gate to nonconforming ring 0 code is #GP(CS selector)"
    gate SLOT1, CODE32, .bad, CALL_GATE32 | DPL3
  ring3
    .bad: jmp SLOT1:0
  caught PROTECTION, CODE32, .bad
end_case
