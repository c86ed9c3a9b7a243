; [386] 6.3.3
%include "pm.inc"
case 386, "a far JMP to another code segment of the same ring loads CS"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ, BIG | PAGES
  ring0
    jmp SLOT1:.there
  .there:
    mov eax, 1
  finished
    check eax, 1
    check [seen.cs], SLOT1
end_case
