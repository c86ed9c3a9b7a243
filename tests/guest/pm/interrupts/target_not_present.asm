; [386] 17, INT
%include "pm.inc"
case 386, "INT n through a gate to code that is not present is #NP(selector)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ & ~PRESENT, BIG | PAGES
    interrupt 0x31, SLOT1, .bad, INT_GATE32
  ring0
    .bad: int 0x31
  caught NOT_PRESENT, SLOT1, .bad
end_case
