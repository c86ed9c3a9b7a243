; [386] 17, CALL
%include "pm.inc"
case 386, "a far CALL with a 16-bit operand pushes two words"
  ring0
    call word CODE32:.there
  .back:
  .there:
  finished
    check16 [seen.stack], .back
    check16 [seen.stack + 2], CODE32
    check [seen.esp], STACK0 - 4
end_case
