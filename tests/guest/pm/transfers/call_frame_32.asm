; [386] 17, CALL
%include "pm.inc"
case 386, "a far CALL pushes CS and EIP as dwords"
  ring0
    call CODE32:.there
  .back:
  .there:
  finished
    check [seen.stack], .back
    check16 [seen.stack + 4], CODE32
    check [seen.esp], STACK0 - 8
end_case
