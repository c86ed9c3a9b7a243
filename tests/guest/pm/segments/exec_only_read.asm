; [386] 6.3.1.1
%include "pm.inc"
case 386, "a read through CS of an execute-only segment is #GP(0)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_ONLY, BIG | PAGES
  ring0
    jmp SLOT1:.there
  .there:
    .bad: mov eax, [cs:SCRATCH]
  caught PROTECTION, 0, .bad
    check [seen.cs], SLOT1
end_case
