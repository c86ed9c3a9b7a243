; [386] 17, IRET
%include "pm.inc"
case 386, "IRETD to a null CS is #GP(0)"
  ring0
    push dword 2
    push dword 0
    push dword .bad
    .bad: iretd
  caught PROTECTION, 0, .bad
end_case
