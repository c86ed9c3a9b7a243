; [286] 7.5.3
%include "pm16.inc"
case 286, "RETF n comes back from a call gate and releases the parameters on both stacks"
    gate SLOT1, CODE16, .there, CALL_GATE16 | DPL3, 1
  ring3
    push word 0x1111
    call SLOT1:0
    jmp .out
  .there:
    retf 2
  .out:
  finished
    check [seen.sp], STACK3
    check [seen.cs], USER_CODE16
end_case
