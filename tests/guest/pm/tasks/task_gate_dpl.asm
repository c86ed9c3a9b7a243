; [386] 7.4
%include "pm.inc"
case 386, "a task gate of DPL 3 leads ring 3 to a TSS of DPL 0"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    gate SLOT2, SLOT1, 0, TASK_GATE | DPL3
  ring3
    call SLOT2:0
  .task:
  finished
    check [seen.tr], SLOT1
    check [seen.cs], CODE32
end_case
