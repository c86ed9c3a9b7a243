; [386] 17, RET: "RPL must be >= CPL"
%include "pm.inc"
case 386, "RETF to a more privileged ring is #GP(selector)"
  ring3
    push dword CODE32
    push dword .bad
    .bad: retf
  caught PROTECTION, CODE32, .bad
    check [seen.esp], STACK3 - 8
end_case
