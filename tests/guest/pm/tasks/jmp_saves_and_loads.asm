; [386] 7.5
%include "pm.inc"
case 386, "JMP to a TSS saves the old task's registers in its TSS and loads the new task's"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov dword [TSS_A + 0x28], 0x11      ; EAX
    mov dword [TSS_A + 0x34], 0x44      ; EBX
    mov dword [TSS_A + 0x3C], 0x66      ; EBP
    mov dword [TSS_A + 0x44], 0x88      ; EDI
    mov eax, 0xA1
    mov ecx, 0xA2
    mov edi, 0xA8
  ring0
    jmp SLOT1:0xFFFFFFFF
  .behind:
  .task:
  finished
    check [seen.eax], 0x11
    check [seen.ebx], 0x44
    check [seen.ebp], 0x66
    check [seen.edi], 0x88
    check [seen.esp], STACK_TASK
    check [seen.tr], SLOT1
    check [TSS + 0x28], 0xA1
    check [TSS + 0x2C], 0xA2
    check [TSS + 0x44], 0xA8
    check [TSS + 0x20], .behind
    check [TSS + 0x38], STACK0
    check16 [TSS + 0x4C], CODE32
    check16 [TSS + 0x50], DATA32
    check16 [TSS + 0x54], DATA32
end_case
