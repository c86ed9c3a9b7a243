; [386] 9.8.12. (The text of IRET in 17 says #NP, the one of RET and later manuals #SS.)
%include "pm.inc"
case 386, "IRETD to ring 3 with an SS that is not present is #SS(SS selector)"
    descriptor SLOT1, 0, 0xFFFFF, (READ_WRITE | DPL3) & ~PRESENT, BIG | PAGES
  ring0
    push dword SLOT1 | 3
    push dword STACK3
    push dword 2
    push dword USER_CODE32
    push dword .bad
    .bad: iretd
  caught STACK_FAULT, SLOT1, .bad
end_case
