; [386] 17, RET
%include "pm.inc"
case 386, "RETF to ring 3 with a null SS is #GP(0)"
  ring0
    push dword 0
    push dword STACK3
    push dword USER_CODE32
    push dword .bad
    .bad: retf
  caught PROTECTION, 0, .bad
    check [seen.cs], CODE32
end_case
