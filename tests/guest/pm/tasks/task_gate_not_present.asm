; [386] 17, CALL
%include "pm.inc"
case 386, "a task gate that is not present is #NP(gate selector)"
    gate SLOT2, SLOT1, 0, TASK_GATE & ~PRESENT
  ring0
    .bad: call SLOT2:0
  caught NOT_PRESENT, SLOT2, .bad
end_case
