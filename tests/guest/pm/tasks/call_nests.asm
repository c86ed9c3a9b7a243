; [386] 7.5, table 7-2; 7.6
%include "pm.inc"
case 386, "CALL to a TSS keeps the old one busy, sets NT and the back link"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov dword [TSS_A], 0x12340000
  ring0
    call SLOT1:0
  .task:
    pushfd
    pop ebx
  finished
    check8 [GDT + TSS_SEL + 5], BUSY_TSS32
    check8 [GDT + SLOT1 + 5], BUSY_TSS32
    check16 [TSS_A], TSS_SEL
    and ebx, NT_BIT
    check ebx, NT_BIT
end_case
