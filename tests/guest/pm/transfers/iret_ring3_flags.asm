; [386] 17, IRET; 8.3.1
%include "pm.inc"
case 386, "IRETD in ring 3 changes neither IOPL nor, with IOPL 0, IF"
  ring3
    push dword 2 | IOPL3 | IF_BIT | DF_BIT
    push dword USER_CODE32
    push dword .there
    iretd
  .there:
  finished
    mov ebx, [seen.eflags]
    and ebx, IOPL3 | IF_BIT | DF_BIT
    check ebx, DF_BIT
end_case
