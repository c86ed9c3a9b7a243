; [386] 7.6
%include "pm.inc"
case 386, "a task called again goes on behind its IRET"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    xor ebx, ebx
  ring0
    call SLOT1:0
    call SLOT1:0
    jmp .out
  .task:
    mov dword [SCRATCH], 1
    iretd
    mov dword [SCRATCH + 4], 2
    iretd
  .out:
  finished
    check [SCRATCH], 1
    check [SCRATCH + 4], 2
end_case
