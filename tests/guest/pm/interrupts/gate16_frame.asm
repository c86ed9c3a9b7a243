; [386] 16.4
%include "pm.inc"
case 386, "a 16-bit interrupt gate pushes words"
    interrupt 0x31, CODE32, .there, INT_GATE16 | DPL3
  ring3
    int 0x31
  .back:
  .there:
  finished
    check [seen.esp], STACK_INNER - 10
    check16 [seen.stack], .back
    check16 [seen.stack + 2], USER_CODE32
    check16 [seen.stack + 6], STACK3
    check16 [seen.stack + 8], USER_DATA32
end_case
