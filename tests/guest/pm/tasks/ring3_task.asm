; [386] 7.5
%include "pm.inc"
case 386, "a task may begin in ring 3"
    task32 SLOT1, TSS_A, .task, STACK3
    mov word [TSS_A + 0x4C], USER_CODE32
    mov word [TSS_A + 0x50], USER_DATA32
    mov word [TSS_A + 0x48], USER_DATA32
    mov word [TSS_A + 0x54], USER_DATA32
    mov word [TSS_A + 0x58], 0
    mov word [TSS_A + 0x5C], 0
  ring0
    jmp SLOT1:0
  .task:
    .bad: cli
  caught PROTECTION, 0, .bad
    check [seen.cs], USER_CODE32
    check [seen.esp], STACK3
end_case
