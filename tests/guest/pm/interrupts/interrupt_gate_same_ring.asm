; [386] 9.6.1
%include "pm.inc"
case 386, "an interrupt gate in the same ring pushes EFLAGS, CS, EIP and clears IF"
    interrupt 0x31, CODE32, .there, INT_GATE32
  ring0 IF_BIT | DF_BIT
    int 0x31
  .back:
  .there:
    pushfd
    pop eax
  finished
    and eax, IF_BIT | DF_BIT
    check eax, DF_BIT
    check [seen.esp], STACK0 - 12
    check [seen.stack], .back
    check16 [seen.stack + 4], CODE32
    mov ebx, [seen.stack + 8]
    and ebx, IF_BIT | DF_BIT
    check ebx, IF_BIT | DF_BIT
end_case
