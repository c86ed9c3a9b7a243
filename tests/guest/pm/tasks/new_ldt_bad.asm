; [386] 7.5, table 7-1
%include "pm.inc"
case 386, "an LDT selector in the new TSS that names no LDT is #TS(selector)"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov word [TSS_A + 0x60], DATA32
  ring0
    jmp SLOT1:0
  .task:
  close_block
    check [seen.vector], BAD_TSS
    check [seen.error], DATA32
    check [seen.tr], SLOT1
end_case
