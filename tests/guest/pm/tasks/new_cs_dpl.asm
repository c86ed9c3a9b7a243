; [386] 7.5, table 7-1
%include "pm.inc"
case 386, "a nonconforming CS whose DPL is not its RPL in the new TSS is #TS(selector)"
    task32 SLOT1, TSS_A, 0x1234, STACK_TASK
    mov word [TSS_A + 0x4C], USER_CODE32 & ~3
  ring0
    jmp SLOT1:0
  close_block
    check [seen.vector], BAD_TSS
    check [seen.error], USER_CODE32 & ~3
end_case
