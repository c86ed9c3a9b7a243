; [386] 9.6.2
%include "pm.inc"
case 386, "INT n to a busy TSS is #GP(TSS selector)"
    interrupt 0x31, TSS_SEL, 0, TASK_GATE
  ring0
    .bad: int 0x31
  caught PROTECTION, TSS_SEL, .bad
end_case
