; [386] 17, RET
%include "pm.inc"
case 386, "RETF with a 16-bit operand pops two words and clears the upper half of EIP"
  ring0
    push word CODE32
    push word .there
    o16 retf
  .there:
  finished
    check [seen.esp], STACK0
end_case
