; [386] 9.6.1.1: only INT n, INT3 and INTO are checked.
%include "pm.inc"
case 386, "an exception from ring 3 passes a gate of DPL 0"
  ring3
    xor ecx, ecx
    .bad: div ecx
  caught DIVIDE_ERROR, NONE, .bad
    check [seen.cs], USER_CODE32
end_case
