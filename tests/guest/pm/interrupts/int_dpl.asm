; [386] 9.6.1.1
%include "pm.inc"
case 386, "INT n through a gate with DPL below CPL is #GP(vector * 8 + IDT)"
    interrupt 0x31, CODE32, .bad, INT_GATE32
  ring3
    .bad: int 0x31
  caught PROTECTION, 0x31 * 8 + IDT_BIT, .bad
end_case
