; [386] 7.5, table 7-1; 9.8.10
%include "pm.inc"
case 386, "a null CS in the new TSS is #TS(0) in the new task"
    task32 SLOT1, TSS_A, 0x1234, STACK_TASK
    mov word [TSS_A + 0x4C], 0
  ring0
    jmp SLOT1:0
  close_block
    check [seen.vector], BAD_TSS
    check [seen.error], 0
    check [seen.tr], SLOT1
end_case
