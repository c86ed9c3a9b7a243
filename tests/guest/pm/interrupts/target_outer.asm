; [386] 9.6.1.1
%include "pm.inc"
case 386, "INT n through a gate to an outer ring is #GP(selector)"
    interrupt 0x31, USER_CODE32, .bad, INT_GATE32
  ring0
    .bad: int 0x31
  caught PROTECTION, USER_CODE32 & ~3, .bad
end_case
