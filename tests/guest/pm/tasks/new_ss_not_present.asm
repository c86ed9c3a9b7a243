; [386] 7.5, table 7-1. A task gate takes the fault, for the new task has no stack.
%include "pm.inc"
case 386, "an SS in the new TSS that is not present is #SS(selector) in the new task"
    descriptor SLOT2, 0, 0xFFFFF, READ_WRITE & ~PRESENT, BIG | PAGES
    task32 SLOT1, TSS_A, 0x1234, STACK_TASK
    mov word [TSS_A + 0x50], SLOT2
    task32 SLOT3, TSS_B, .handler, STACK_TASK
    interrupt STACK_FAULT, SLOT3, 0, TASK_GATE
  ring0
    jmp SLOT1:0
  .handler:
    pop eax
  finished
    check eax, SLOT2
    check16 [TSS_B], SLOT1
    check [TSS_A + 0x20], 0x1234
end_case
