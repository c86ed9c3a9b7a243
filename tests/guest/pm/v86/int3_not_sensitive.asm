; [386] 15.4.1
%include "pm.inc"
case 386, "INT3 in V86 does not look at IOPL"
    interrupt BREAKPOINT, CODE32, entry + BREAKPOINT * ENTRY_BYTES, INT_GATE32 | DPL3
  v86
    int3
  .behind:
  caught BREAKPOINT, NONE, .behind
end_case
