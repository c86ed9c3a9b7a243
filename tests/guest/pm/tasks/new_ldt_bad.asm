; [386] 7.5, table 7-1; 9.8.10: the handler of such a fault has to be a task.
%include "pm.inc"
case 386, "an LDT selector in the new TSS that names no LDT is #TS(selector)"
    task32 SLOT1, TSS_A, 0x1234, STACK_TASK
    mov word [TSS_A + 0x60], DATA32
    task32 SLOT3, TSS_B, .handler, STACK_TASK
    interrupt BAD_TSS, SLOT3, 0, TASK_GATE
  ring0
    jmp SLOT1:0
  .handler:
    pop eax
  finished
    check eax, DATA32
    check16 [TSS_B], SLOT1
    check [TSS_A + 0x20], 0x1234
end_case
