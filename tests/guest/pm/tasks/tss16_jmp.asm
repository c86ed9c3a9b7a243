; [386] 16.1; [286] iAPX 286 Programmer's Reference Manual, 8.2
%include "pm.inc"
case 386, "JMP to a 16-bit TSS loads 16-bit registers"
    task16 SLOT1, TSS_A, .task, STACK_TASK
    mov word [TSS_A + 0x12], 0x1234     ; AX
    mov word [TSS_A + 0x18], 0x5678     ; BX
    mov ecx, 0xC1
  ring0
    jmp SLOT1:0
    bits 16
  .task:
    mov [SCRATCH], ax
    mov [SCRATCH + 2], bx
    xor eax, eax                        ; the upper halves are not defined
    xor ecx, ecx
    xor edx, edx
    xor ebx, ebx
    xor ebp, ebp
    xor esi, esi
    xor edi, edi
    int BACK
    bits 32
  finished
    check16 [SCRATCH], 0x1234
    check16 [SCRATCH + 2], 0x5678
    check [seen.tr], SLOT1
    check [seen.cs], CODE16
    check [seen.ss], DATA16
    check16 [seen.esp], STACK_TASK
    check8 [GDT + SLOT1 + 5], BUSY_TSS16
    check [TSS + 0x2C], 0xC1
end_case
