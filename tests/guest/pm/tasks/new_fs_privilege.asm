; [386] 7.5, table 7-1
%include "pm.inc"
case 386, "a ring 0 FS in the TSS of a ring 3 task is #TS(selector)"
    task32 SLOT1, TSS_A, .task, STACK3
    mov word [TSS_A + 0x4C], USER_CODE32
    mov word [TSS_A + 0x50], USER_DATA32
    mov word [TSS_A + 0x48], USER_DATA32
    mov word [TSS_A + 0x54], USER_DATA32
    mov word [TSS_A + 0x58], DATA32
    mov word [TSS_A + 0x5C], 0
  ring0
    jmp SLOT1:0
  .task:
  caught BAD_TSS, DATA32, .task
    check [seen.cs], USER_CODE32
end_case
