; [386] 12.3.1.5
%include "pm.inc"
case 386, "the T bit of the new TSS is a debug trap before the task's first instruction, DR6.BT set"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov word [TSS_A + 0x64], 1
    xor eax, eax
    mov dr6, eax
  ring0
    jmp SLOT1:0
  .task:
    nop
  caught DEBUG, NONE, .task
    mov eax, [seen.dr6]
    and eax, 0xE00F
    check eax, 0x8000
end_case
