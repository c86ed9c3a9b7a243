; [386] 17, IRET
%include "pm.inc"
case 386, "IRET with a 16-bit operand keeps the upper half of EFLAGS"
  ring0
    push word 2 | DF_BIT
    push word CODE32
    push word .there
    o16 iret
  .there:
  finished
    check [seen.esp], STACK0
    mov ebx, [seen.eflags]
    and ebx, DF_BIT
    check ebx, DF_BIT
end_case
