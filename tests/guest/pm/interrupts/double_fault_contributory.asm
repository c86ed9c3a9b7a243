; [386] 9.8.8: two contributory exceptions
%include "pm.inc"
case 386, "#GP whose gate is not present is #DF with error code 0"
    interrupt PROTECTION, CODE32, .bad, INT_GATE32 & ~PRESENT
  ring0
    .bad: jmp DATA32:0
  close_block
    check [seen.vector], DOUBLE_FAULT
    check [seen.error], 0
end_case
