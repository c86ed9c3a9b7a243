; [386] 7.5, table 7-1
%include "pm.inc"
case 386, "a DS in the new TSS that cannot be read is #TS(selector)"
    descriptor SLOT2, 0, 0xFFFFF, EXEC_ONLY, BIG | PAGES
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov word [TSS_A + 0x54], SLOT2
  ring0
    jmp SLOT1:0
  .task:
  caught BAD_TSS, SLOT2, .task
end_case
