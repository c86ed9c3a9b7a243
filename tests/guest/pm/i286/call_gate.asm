; [286] 7.5.2
%include "pm16.inc"
case 286, "a call gate to ring 0 switches stacks and copies words"
    gate SLOT1, CODE16, .there, CALL_GATE16 | DPL3, 2
  ring3
    push word 0x1111
    push word 0x2222
    call SLOT1:0
  .back:
  .there:
  finished
    check [seen.sp], STACK_INNER - 12
    check [seen.cs], CODE16
    check [seen.stack], .back
    check [seen.stack + 2], USER_CODE16
    check [seen.stack + 4], 0x2222
    check [seen.stack + 6], 0x1111
    check [seen.stack + 8], STACK3 - 4
    check [seen.stack + 10], USER_DATA16
end_case
