; [386] 15.3.2: it must go to ring 0.
%include "pm.inc"
case 386, "an interrupt out of V86 to a handler of ring 1 is #GP(selector)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    interrupt 0x31, SLOT1, .bad, INT_GATE32 | DPL3
  v86 IOPL3
    .bad: int 0x31
  caught PROTECTION, SLOT1, .bad
end_case
