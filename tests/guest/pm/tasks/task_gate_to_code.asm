; [386] 17, CALL
%include "pm.inc"
case 386, "a task gate to something that is no TSS is #GP(selector)"
    gate SLOT2, CODE32, 0, TASK_GATE
  ring0
    .bad: call SLOT2:0
  caught PROTECTION, CODE32, .bad
end_case
