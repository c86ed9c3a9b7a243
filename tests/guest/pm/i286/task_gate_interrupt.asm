; [286] 9.5.2
%include "pm16.inc"
case 286, "a fault through a task gate pushes its error code on the new stack"
    task16 SLOT1, TSS_A, .task, STACK_TASK
    interrupt PROTECTION, SLOT1, 0, TASK_GATE
  ring0
    .bad: jmp DATA16:0
  .task:
    pop ax
  finished
    check ax, DATA16
    check [TSS + 0x0E], .bad
end_case
