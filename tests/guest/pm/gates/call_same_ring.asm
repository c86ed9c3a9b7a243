; [386] 6.3.4
%include "pm.inc"
case 386, "a call gate to the same ring pushes CS and EIP on the same stack"
    gate SLOT1, CODE32, .there, CALL_GATE32, 3
  ring0
    call SLOT1:0x12345678
  .back:
  .there:
  finished
    check [seen.stack], .back
    check [seen.esp], STACK0 - 8
    check [seen.cs], CODE32
end_case
