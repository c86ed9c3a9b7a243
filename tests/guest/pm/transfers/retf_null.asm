; [386] 17, RET
%include "pm.inc"
case 386, "RETF to a null selector is #GP(0)"
  ring0
    push dword 0
    push dword .bad
    .bad: retf
  caught PROTECTION, 0, .bad
    check [seen.esp], STACK0 - 8
end_case
