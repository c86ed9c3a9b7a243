; [386] 7.5, table 7-1
%include "pm.inc"
case 386, "a CS in the new TSS that is not present is #NP(selector) in the new task"
    descriptor SLOT2, 0, 0xFFFFF, EXEC_READ & ~PRESENT, BIG | PAGES
    task32 SLOT1, TSS_A, 0x1234, STACK_TASK
    mov word [TSS_A + 0x4C], SLOT2
  ring0
    jmp SLOT1:0
  close_block
    check [seen.vector], NOT_PRESENT
    check [seen.error], SLOT2
    check [seen.tr], SLOT1
end_case
