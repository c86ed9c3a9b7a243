; [386] 7.5, table 7-1; 9.8.10: the handler of such a fault has to be a task.
%include "pm.inc"
case 386, "an LDT in the new TSS that is not present is #TS(selector)"
    descriptor SLOT2, LDT, 0xFF, LDT_TYPE & ~PRESENT
    task32 SLOT1, TSS_A, 0x1234, STACK_TASK
    mov word [TSS_A + 0x60], SLOT2
    task32 SLOT3, TSS_B, .handler, STACK_TASK
    interrupt BAD_TSS, SLOT3, 0, TASK_GATE
  ring0
    jmp SLOT1:0
  .handler:
    pop eax
  finished
    check eax, SLOT2
    check16 [TSS_B], SLOT1
    check [TSS_A + 0x20], 0x1234
end_case
