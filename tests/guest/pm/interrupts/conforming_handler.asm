; [386] 9.6.1
%include "pm.inc"
case 386, "a conforming handler runs in the ring that was interrupted, on its stack"
    descriptor SLOT1, 0, 0xFFFFF, CONF_READ, BIG | PAGES
    interrupt 0x31, SLOT1, .there, INT_GATE32 | DPL3
  ring3
    int 0x31
  .there:
  finished
    check [seen.cs], SLOT1 | 3
    check [seen.esp], STACK3 - 12
end_case
