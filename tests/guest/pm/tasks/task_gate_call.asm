; [386] 7.4
%include "pm.inc"
case 386, "a task gate leads to its TSS"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    gate SLOT2, SLOT1, 0, TASK_GATE
  ring0
    call SLOT2:0
  .task:
  finished
    check [seen.tr], SLOT1
    check16 [TSS_A], TSS_SEL
end_case
