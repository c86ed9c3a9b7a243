; [386] 7.5: the exception is in the context of the new task.
%include "pm.inc"
case 386, "the old task is saved whole when the new one faults on its segments"
    descriptor SLOT2, 0, 0xFFFFF, READ_WRITE & ~PRESENT, BIG | PAGES
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov word [TSS_A + 0x48], SLOT2
    mov ebx, 0x1234
  ring0
    jmp SLOT1:0
  .behind:
  .task:
  caught NOT_PRESENT, SLOT2, .task
    check [TSS + 0x34], 0x1234
    check [TSS + 0x20], .behind
    check8 [GDT + TSS_SEL + 5], AVAIL_TSS32
    check8 [GDT + SLOT1 + 5], BUSY_TSS32
end_case
