; [386] 9.6.2
%include "pm.inc"
case 386, "an interrupt through a task gate nests a task; IRETD comes back behind the INT"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    interrupt 0x31, SLOT1, 0, TASK_GATE | DPL3
  ring3
    int 0x31
    jmp .out
  .task:
    mov eax, 0x99
    iretd
  .out:
  finished
    check [seen.tr], TSS_SEL
    check [seen.cs], USER_CODE32
    check [TSS_A + 0x28], 0x99
    check [TSS_A + 0x38], STACK_TASK
end_case
