; [386] 17, IRET
%include "pm.inc"
case 386, "IRETD to a more privileged ring is #GP(selector)"
  ring3
    push dword 2
    push dword CODE32
    push dword .bad
    .bad: iretd
  caught PROTECTION, CODE32, .bad
    check [seen.esp], STACK3 - 12
end_case
