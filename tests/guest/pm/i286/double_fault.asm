; [286] 9.8
%include "pm16.inc"
case 286, "#GP whose gate is not present is #DF(0)"
    interrupt PROTECTION, CODE16, 0, INT_GATE16 & ~PRESENT
  ring0
    jmp DATA16:0
  close_block
    check [seen.vector], DOUBLE_FAULT
    check [seen.error], 0
end_case
