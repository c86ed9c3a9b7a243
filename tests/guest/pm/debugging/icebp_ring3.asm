; Later manuals, INT1: it is an event of hardware, no INT n.
%include "pm.inc"
case 386, "F1h passes a gate of DPL 0 in ring 3"
  ring3
    db 0xF1
  .behind:
    nop
  caught DEBUG, NONE, .behind
    check [seen.cs], USER_CODE32
end_case
