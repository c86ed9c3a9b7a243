; [386] 7.6
%include "pm.inc"
case 386, "IRET with NT returns to the back link's task and frees the nested one"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov edx, 0x1234
  ring0
    call SLOT1:0
    jmp .out
  .task:
    mov edx, 0x5678
    iretd
  .next_time:
  .out:
  finished
    check edx, 0x1234
    check [TSS_A + 0x30], 0x5678
    check [TSS_A + 0x20], .next_time
    check8 [GDT + SLOT1 + 5], AVAIL_TSS32
    check8 [GDT + TSS_SEL + 5], BUSY_TSS32
    check [seen.tr], TSS_SEL
    mov eax, [seen.eflags]
    and eax, NT_BIT
    check eax, 0
    mov eax, [TSS_A + 0x24]
    and eax, NT_BIT
    check eax, 0
end_case
