; [286] 9.5
%include "pm16.inc"
case 286, "INT n through a gate with DPL below CPL is #GP(vector * 8 + IDT)"
    interrupt 0x31, CODE16, .bad, INT_GATE16
  ring3
    .bad: int 0x31
  caught PROTECTION, 0x31 * 8 + IDT_BIT, .bad
end_case
