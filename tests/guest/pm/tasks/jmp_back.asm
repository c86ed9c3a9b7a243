; [386] 7.5
%include "pm.inc"
case 386, "JMP there and JMP back resumes behind the first JMP"
    task32 SLOT1, TSS_A, .task, STACK_TASK
  ring0
    jmp SLOT1:0
    mov ebx, 5
    jmp .out
  .task:
    jmp TSS_SEL:0
  .out:
  finished
    check ebx, 5
    check [seen.tr], TSS_SEL
    check8 [GDT + SLOT1 + 5], AVAIL_TSS32
end_case
