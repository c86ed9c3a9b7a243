; [386] 17, RET
%include "pm.inc"
case 386, "RETF to a data segment is #GP(selector)"
  ring0
    push dword DATA32
    push dword .bad
    .bad: retf
  caught PROTECTION, DATA32, .bad
end_case
