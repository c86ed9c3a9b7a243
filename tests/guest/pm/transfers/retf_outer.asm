; [386] 17, RET
%include "pm.inc"
case 386, "RETF to ring 3 takes ESP and SS from the stack and nulls ring 0 data segments"
    mov ax, DATA32
    mov fs, ax
    mov ax, USER_DATA32
    mov gs, ax
    mov ds, ax
  ring0
    push dword USER_DATA32
    push dword STACK3
    push dword USER_CODE32
    push dword .there
    retf
  .there:
  finished
    check [seen.cs], USER_CODE32
    check [seen.ss], USER_DATA32
    check [seen.esp], STACK3
    check [seen.es], 0
    check [seen.fs], 0
    check [seen.gs], USER_DATA32
    check [seen.ds], USER_DATA32
end_case
