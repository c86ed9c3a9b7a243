; [286] 9.5
%include "pm16.inc"
case 286, "an interrupt from ring 3 pushes SS, SP, FLAGS, CS, IP on the TSS's stack"
    interrupt 0x31, CODE16, .there, INT_GATE16 | DPL3
  ring3
    int 0x31
  .back:
  .there:
  finished
    check [seen.sp], STACK_INNER - 10
    check [seen.stack], .back
    check [seen.stack + 2], USER_CODE16
    check [seen.stack + 6], STACK3
    check [seen.stack + 8], USER_DATA16
end_case
