; [386] 9.6.1.1: CPL is 3.
%include "pm.inc"
case 386, "INT n in V86 with IOPL 3 through a gate of DPL 0 is #GP(vector * 8 + IDT)"
    interrupt 0x31, CODE32, .bad, INT_GATE32
  v86 IOPL3
    .bad: int 0x31
  caught PROTECTION, 0x31 * 8 + IDT_BIT, .bad
end_case
