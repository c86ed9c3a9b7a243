; [386] 7.2, 7.6.1
%include "pm.inc"
case 386, "CALL of a busy TSS is #GP(selector): tasks are not reentrant"
  ring0
    .bad: call TSS_SEL:0
  caught PROTECTION, TSS_SEL, .bad
end_case
