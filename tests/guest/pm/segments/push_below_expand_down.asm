; [386] 9.8.12
%include "pm.inc"
case 386, "a push that reaches the limit of an expand-down stack is #SS(0) and leaves ESP"
    descriptor SLOT1, 0, 0x37FF, DOWN_WRITE, BIG
    interrupt STACK_FAULT, SLOT2, 0, TASK_GATE
    task32 SLOT2, TSS_A, .task, STACK_TASK
    mov ax, SLOT1
  ring0
    mov ss, ax
    mov esp, 0x3804
    push eax
    .bad: push eax
  .task:                                ; a task gate, for the handler wants a stack
    pop dword [SCRATCH]                 ; error code
  finished
    check [SCRATCH], 0
    check [TSS + 0x20], .bad
    check [TSS + 0x38], 0x3800
end_case
