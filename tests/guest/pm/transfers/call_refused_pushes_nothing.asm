; [386] 17, CALL
%include "pm.inc"
case 386, "a far CALL that faults leaves ESP"
  ring0
    .bad: call DATA32:0
  caught PROTECTION, DATA32, .bad
    check [seen.esp], STACK0
end_case
