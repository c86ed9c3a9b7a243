; [386] 7.5, table 7-2
%include "pm.inc"
case 386, "JMP to a TSS frees the old one, marks the new one busy, sets TS and no back link"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov dword [TSS_A], 0x12345678
  ring0
    jmp SLOT1:0
  .task:
    mov eax, cr0
    pushfd
    pop ebx
  finished
    check8 [GDT + TSS_SEL + 5], AVAIL_TSS32
    check8 [GDT + SLOT1 + 5], BUSY_TSS32
    and eax, CR0_TS
    check eax, CR0_TS
    and ebx, NT_BIT
    check ebx, 0
    check [TSS_A], 0x12345678
end_case
