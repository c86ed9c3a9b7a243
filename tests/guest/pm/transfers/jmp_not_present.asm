; [386] 17, JMP
%include "pm.inc"
case 386, "a far JMP to code that is not present is #NP(selector)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ & ~PRESENT, BIG | PAGES
  ring0
    .bad: jmp SLOT1:.bad
  caught NOT_PRESENT, SLOT1, .bad
end_case
