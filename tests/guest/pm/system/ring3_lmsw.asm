; [386] 6.3.5
%include "pm.inc"
case 386, "LMSW in ring 3 is #GP(0)"
  ring3
    smsw ax
    .bad: lmsw ax
  caught PROTECTION, 0, .bad
end_case
