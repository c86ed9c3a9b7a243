; [386] 7.5, table 7-1: "LDT of new task is present: invalid TSS"
%include "pm.inc"
case 386, "an LDT in the new TSS that is not present is #TS(selector)"
    descriptor SLOT2, LDT, 0xFF, LDT_TYPE & ~PRESENT
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov word [TSS_A + 0x60], SLOT2
  ring0
    jmp SLOT1:0
  .task:
  close_block
    check [seen.vector], BAD_TSS
    check [seen.error], SLOT2
end_case
