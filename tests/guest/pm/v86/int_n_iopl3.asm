; [386] 15.3.2
%include "pm.inc"
case 386, "INT n in V86 with IOPL 3 goes through a gate of DPL 3 to ring 0"
  v86 IOPL3
    int BACK
  .behind:
  caught BACK, NONE, .behind
end_case
