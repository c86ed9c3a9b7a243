; [386] 15.4.1
%include "pm.inc"
case 386, "INT n in V86 with IOPL below 3 is #GP(0) whatever the gate"
    interrupt 0x31, CODE32, .bad, INT_GATE32 | DPL3
  v86
    .bad: int 0x31
  caught PROTECTION, 0, .bad
end_case
