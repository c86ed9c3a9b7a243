; [386] 17, RET
%include "pm.inc"
case 386, "RETF to ring 3 with an SS of another RPL is #GP(SS selector)"
  ring0
    push dword USER_DATA32 & ~3
    push dword STACK3
    push dword USER_CODE32
    push dword .bad
    .bad: retf
  caught PROTECTION, USER_DATA32 & ~3, .bad
end_case
