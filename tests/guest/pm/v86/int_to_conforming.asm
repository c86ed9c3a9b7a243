; [386] 15.3.2
%include "pm.inc"
case 386, "an interrupt out of V86 to conforming code is #GP(selector)"
    descriptor SLOT1, 0, 0xFFFFF, CONF_READ, BIG | PAGES
    interrupt 0x31, SLOT1, .bad, INT_GATE32 | DPL3
  v86 IOPL3
    .bad: int 0x31
  caught PROTECTION, SLOT1, .bad
end_case
