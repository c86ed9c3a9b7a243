; [386] 15.3.1
%include "pm.inc"
case 386, "a TSS with VM set in EFLAGS starts in virtual-8086 mode"
    task32 SLOT1, TSS_A, .task, STACK_V86
    mov dword [TSS_A + 0x24], 2 | VM_BIT
    mov dword [TSS_A + 0x4C], 0
    mov dword [TSS_A + 0x50], 0
    mov dword [TSS_A + 0x54], 0x1234
    mov dword [TSS_A + 0x48], 0
    mov dword [TSS_A + 0x58], 0
    mov dword [TSS_A + 0x5C], 0
  ring0
    jmp SLOT1:0
    bits 16
  .task:
    .bad: cli
    bits 32
  caught PROTECTION, 0, .bad
    mov eax, [seen.eflags]
    and eax, VM_BIT
    check eax, VM_BIT
    check [seen.ds], 0x1234
end_case
