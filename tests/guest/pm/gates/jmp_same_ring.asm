; [386] 6.3.4
%include "pm.inc"
case 386, "a JMP through a call gate to the same ring takes the gate's offset"
    gate SLOT1, CODE32, .there, CALL_GATE32
  ring0
    jmp SLOT1:0xFFFFFFFF
  .there:
  finished
    check [seen.esp], STACK0
end_case
