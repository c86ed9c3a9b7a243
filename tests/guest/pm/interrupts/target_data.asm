; [386] 17, INT
%include "pm.inc"
case 386, "INT n through a gate to a data segment is #GP(selector)"
    interrupt 0x31, DATA32, .bad, INT_GATE32
  ring0
    .bad: int 0x31
  caught PROTECTION, DATA32, .bad
end_case
