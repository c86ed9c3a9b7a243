; [386] 17, INT
%include "pm.inc"
case 386, "INT n through a gate to a null selector is #GP(0)"
    interrupt 0x31, 0, .bad, INT_GATE32
  ring0
    .bad: int 0x31
  caught PROTECTION, 0, .bad
end_case
