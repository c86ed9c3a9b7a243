; [386] 9.6.1
%include "pm.inc"
case 386, "an interrupt from ring 3 to ring 0 pushes SS and ESP first on the inner stack"
    interrupt 0x31, CODE32, .there, INT_GATE32 | DPL3
  ring3
    push dword 1
    int 0x31
  .back:
  .there:
  finished
    check [seen.esp], STACK_INNER - 20
    check [seen.cs], CODE32
    check [seen.ss], DATA32
    check [seen.stack], .back
    check16 [seen.stack + 4], USER_CODE32
    check [seen.stack + 12], STACK3 - 4
    check16 [seen.stack + 16], USER_DATA32
end_case
