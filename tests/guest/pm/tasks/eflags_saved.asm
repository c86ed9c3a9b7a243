; [386] 7.5
%include "pm.inc"
case 386, "a task switch saves EFLAGS and loads the new task's, IOPL and IF included"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov dword [TSS_A + 0x24], 2 | IOPL3 | DF_BIT
  ring0 NT_BIT
    stc
    jmp SLOT1:0
  .task:
    pushfd
    pop ebx
  finished
    and ebx, IOPL3 | DF_BIT | NT_BIT | CF_BIT
    check ebx, IOPL3 | DF_BIT
    mov eax, [TSS + 0x24]
    and eax, NT_BIT | CF_BIT | IOPL3
    check eax, NT_BIT | CF_BIT
end_case
