; [386] 9.8.3
%include "pm.inc"
case 386, "INT3 saves the address behind it"
  ring0
    int3
  .behind:
  caught BREAKPOINT, NONE, .behind
end_case
