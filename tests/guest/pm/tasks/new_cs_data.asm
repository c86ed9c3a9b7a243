; [386] 7.5, table 7-1
%include "pm.inc"
case 386, "a data segment as CS in the new TSS is #TS(selector)"
    task32 SLOT1, TSS_A, 0x1234, STACK_TASK
    mov word [TSS_A + 0x4C], DATA16
  ring0
    jmp SLOT1:0
  close_block
    check [seen.vector], BAD_TSS
    check [seen.error], DATA16
    check [seen.tr], SLOT1
end_case
