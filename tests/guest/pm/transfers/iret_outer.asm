; [386] 17, IRET
%include "pm.inc"
case 386, "IRETD to ring 3 takes ESP and SS from the stack and nulls ring 0 data segments"
  ring0
    push dword USER_DATA32
    push dword STACK3
    push dword 2 | IOPL3
    push dword USER_CODE32
    push dword .there
    iretd
  .there:
  finished
    check [seen.cs], USER_CODE32
    check [seen.esp], STACK3
    check [seen.ds], 0
    check [seen.fs], 0
    mov ebx, [seen.eflags]
    and ebx, IOPL3
    check ebx, IOPL3
end_case
