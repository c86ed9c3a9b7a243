; [386] 17, CALL
%include "pm.inc"
case 386, "a call gate to a selector beyond the limit is #GP(target selector)"
    gate SLOT1, 0xFFF8, .bad, CALL_GATE32
  ring0
    .bad: call SLOT1:0
  caught PROTECTION, 0xFFF8, .bad
end_case
