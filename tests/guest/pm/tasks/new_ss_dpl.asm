; [386] 7.5, table 7-1
%include "pm.inc"
case 386, "an SS in the new TSS whose DPL is not CPL is #TS(selector)"
    task32 SLOT1, TSS_A, 0x1234, STACK_TASK
    mov word [TSS_A + 0x50], USER_DATA32 & ~3
    task32 SLOT3, TSS_B, .handler, STACK_TASK
    interrupt BAD_TSS, SLOT3, 0, TASK_GATE
  ring0
    jmp SLOT1:0
  .handler:
    pop eax
  finished
    check eax, USER_DATA32 & ~3
    check16 [TSS_B], SLOT1
end_case
