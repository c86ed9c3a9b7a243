; [386] 17, RET
%include "pm.inc"
case 386, "RETF n within a ring releases n bytes"
  ring0
    push dword 0x77
    push dword CODE32
    push dword .there
    retf 4
  .there:
  finished
    check [seen.esp], STACK0
end_case
