; [386] 7.5, table 7-2
%include "pm.inc"
case 386, "a JMP through a task gate sets no NT and leaves the link"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    gate SLOT2, SLOT1, 0, TASK_GATE
  ring0
    jmp SLOT2:0
  .task:
    pushfd
    pop ebx
  finished
    and ebx, NT_BIT
    check ebx, 0
    check16 [TSS_A], 0
    check8 [GDT + TSS_SEL + 5], AVAIL_TSS32
end_case
