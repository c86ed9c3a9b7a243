; [386] 17, CALL
%include "pm.inc"
case 386, "a call gate to code that is not present is #NP(target selector)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ & ~PRESENT, BIG | PAGES
    gate SLOT2, SLOT1, .bad, CALL_GATE32
  ring0
    .bad: call SLOT2:0
  caught NOT_PRESENT, SLOT1, .bad
end_case
