; [386] 17, INT
%include "pm.inc"
case 386, "INT n through a gate that is not present is #NP(vector * 8 + IDT)"
    interrupt 0x31, CODE32, .bad, INT_GATE32 & ~PRESENT
  ring0
    .bad: int 0x31
  caught NOT_PRESENT, 0x31 * 8 + IDT_BIT, .bad
end_case
