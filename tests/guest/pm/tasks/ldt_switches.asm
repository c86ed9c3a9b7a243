; [386] 7.5
%include "pm.inc"
case 386, "a task switch loads LDTR from the new TSS"
    descriptor SLOT2, 0x30000, 0xFF, LDT_TYPE
    table_descriptor 0x30000 + 8, SCRATCH, 0xFF, READ_WRITE
    mov dword [SCRATCH], 0xABCD
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov word [TSS_A + 0x60], SLOT2
    mov word [TSS_A + 0x58], 0x08 | IN_LDT
  ring0
    jmp SLOT1:0
  .task:
    mov eax, [fs:0]
    sldt ebx
  finished
    check eax, 0xABCD
    check16 bx, SLOT2
end_case
