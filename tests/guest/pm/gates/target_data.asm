; [386] 17, CALL
%include "pm.inc"
case 386, "a call gate to a data segment is #GP(target selector)"
    gate SLOT1, DATA32, .bad, CALL_GATE32
  ring0
    .bad: call SLOT1:0
  caught PROTECTION, DATA32, .bad
end_case
