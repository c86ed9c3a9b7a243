; [386] 6.3.5
%include "pm.inc"
case 386, "HLT in ring 3 is #GP(0)"
  ring3
    .bad: hlt
  caught PROTECTION, 0, .bad
end_case
