; [386] 15.3.2
%include "pm.inc"
case 386, "an interrupt out of V86 through a task gate saves VM and comes back"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    interrupt 0x31, SLOT1, 0, TASK_GATE | DPL3
  v86 IOPL3
    mov bx, 0x77
    int 0x31
    jmp .out
    bits 32
  .task:
    iretd
    bits 16
  .out:
  finished
    check16 bx, 0x77
    mov eax, [TSS + 0x24]
    and eax, VM_BIT
    check eax, VM_BIT
end_case
