; [386] 6.3.5: only CPL 0
%include "pm.inc"
case 386, "ring 1 is not privileged either: HLT is #GP(0)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    descriptor SLOT2, 0, 0xFFFFF, READ_WRITE | DPL1, BIG | PAGES
  ring0
    push dword SLOT2 | 1
    push dword STACK1
    push dword 2
    push dword SLOT1 | 1
    push dword .bad
    iretd
    .bad: hlt
  caught PROTECTION, 0, .bad
    check [seen.cs], SLOT1 | 1
end_case
