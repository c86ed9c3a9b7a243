; [386] 16.1
%include "pm.inc"
case 386, "IRET from a 16-bit task comes back to the 32-bit one with whole registers"
    task16 SLOT1, TSS_A, .task, STACK_TASK
    mov edx, 0x12345678
  ring0
    call SLOT1:0
    jmp .out
    bits 16
  .task:
    mov dx, 1
    iret
    bits 32
  .out:
  finished
    check edx, 0x12345678
    check [seen.tr], TSS_SEL
    check [seen.cs], CODE32
    check16 [TSS_A + 0x16], 1
    check16 [TSS_A], TSS_SEL
    check8 [GDT + SLOT1 + 5], AVAIL_TSS16
end_case
