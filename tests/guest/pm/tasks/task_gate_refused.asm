; [386] 7.4
%include "pm.inc"
case 386, "a task gate with DPL below CPL is #GP(gate selector)"
    task32 SLOT1, TSS_A, .bad, STACK_TASK
    gate SLOT2, SLOT1, 0, TASK_GATE
  ring3
    .bad: call SLOT2:0
  caught PROTECTION, SLOT2, .bad
end_case
