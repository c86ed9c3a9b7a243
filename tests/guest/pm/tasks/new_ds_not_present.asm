; [386] 7.5, table 7-1
%include "pm.inc"
case 386, "a DS in the new TSS that is not present is #NP(selector) in the new task"
    descriptor SLOT2, 0, 0xFFFFF, READ_WRITE & ~PRESENT, BIG | PAGES
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov word [TSS_A + 0x54], SLOT2
  ring0
    jmp SLOT1:0
  .task:
  caught NOT_PRESENT, SLOT2, .task
    check [seen.tr], SLOT1
end_case
