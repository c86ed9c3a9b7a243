; [386] 17, RET
%include "pm.inc"
case 386, "RETF to nonconforming code whose DPL is not the RPL is #GP(selector)"
  ring0
    push dword USER_DATA32
    push dword STACK3
    push dword CODE32 | 3
    push dword .bad
    .bad: retf
  caught PROTECTION, CODE32, .bad
end_case
