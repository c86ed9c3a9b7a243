; [386] 9.6.1.1
%include "pm.inc"
case 386, "INT3 obeys the gate's DPL"
  ring3
    .bad: int3
  caught PROTECTION, BREAKPOINT * 8 + IDT_BIT, .bad
end_case
