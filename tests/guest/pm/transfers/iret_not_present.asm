; [386] 17, IRET
%include "pm.inc"
case 386, "IRETD to code that is not present is #NP(selector)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ & ~PRESENT, BIG | PAGES
  ring0
    push dword 2
    push dword SLOT1
    push dword .bad
    .bad: iretd
  caught NOT_PRESENT, SLOT1, .bad
end_case
