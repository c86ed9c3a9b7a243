; [386] 17, CALL
%include "pm.inc"
case 386, "a call gate to a null selector is #GP(0)"
    gate SLOT1, 0, .bad, CALL_GATE32
  ring0
    .bad: call SLOT1:0
  caught PROTECTION, 0, .bad
end_case
