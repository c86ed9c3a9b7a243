; [386] 17, RET
%include "pm.inc"
case 386, "RETF n to ring 3 releases n bytes on both stacks"
  ring0
    push dword USER_DATA32
    push dword STACK3 - 0x20
    push dword 0x11
    push dword 0x22
    push dword USER_CODE32
    push dword .there
    retf 8
  .there:
  finished
    check [seen.esp], STACK3 - 0x18
end_case
