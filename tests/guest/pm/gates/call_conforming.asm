; [386] 6.3.4
%include "pm.inc"
case 386, "a call gate to conforming ring 0 code switches no stack"
    descriptor SLOT1, 0, 0xFFFFF, CONF_READ, BIG | PAGES
    gate SLOT2, SLOT1, .there, CALL_GATE32 | DPL3, 5
  ring3
    call SLOT2:0
  .there:
  finished
    check [seen.cs], SLOT1 | 3
    check [seen.esp], STACK3 - 8
end_case
