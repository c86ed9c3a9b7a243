; [286] 8.4
%include "pm16.inc"
case 286, "JMP to a TSS saves and loads the 286's registers and moves the busy bit"
    task16 SLOT1, TSS_A, .task, STACK_TASK
    mov word [TSS_A + 0x12], 0x1234     ; AX
    mov bx, 0x77
  ring0
    jmp SLOT1:0
  .behind:
  .task:
  finished
    check [seen.ax], 0x1234
    check [seen.sp], STACK_TASK
    check [seen.tr], SLOT1
    check [TSS + 0x18], 0x77
    check [TSS + 0x0E], .behind
    mov al, [GDT + SLOT1 + 5]
    mov ah, [GDT + TSS_SEL + 5]
    check ax, AVAIL_TSS16 << 8 | BUSY_TSS16
end_case
