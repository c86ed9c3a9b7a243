; [286] 8.5
%include "pm16.inc"
case 286, "CALL to a TSS nests and IRET comes back"
    task16 SLOT1, TSS_A, .task, STACK_TASK
    mov dx, 0x55
  ring0
    call SLOT1:0
    jmp .out
  .task:
    mov dx, 0x66
    iret
  .out:
  finished
    check dx, 0x55
    check [TSS_A + 0x16], 0x66
    check [TSS_A], TSS_SEL
    check [seen.tr], TSS_SEL
end_case
