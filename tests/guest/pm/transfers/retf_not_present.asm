; [386] 17, RET
%include "pm.inc"
case 386, "RETF to code that is not present is #NP(selector)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ & ~PRESENT, BIG | PAGES
  ring0
    push dword SLOT1
    push dword .bad
    .bad: retf
  caught NOT_PRESENT, SLOT1, .bad
end_case
