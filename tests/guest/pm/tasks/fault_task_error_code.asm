; [386] 9.6.2, 9.7
%include "pm.inc"
case 386, "a fault through a task gate pushes its error code on the new task's stack"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    interrupt PROTECTION, SLOT1, 0, TASK_GATE
  ring0
    .bad: jmp DATA16:0
  .task:
    pop eax
  finished
    check eax, DATA16
    check [seen.esp], STACK_TASK
    check [TSS + 0x20], .bad
end_case
