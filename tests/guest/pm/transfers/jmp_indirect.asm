; [386] 17, JMP
%include "pm.inc"
case 386, "JMP FAR [memory] takes offset, then selector"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ, BIG | PAGES
    mov dword [SCRATCH], .there
    mov word [SCRATCH + 4], SLOT1
  ring0
    jmp far [SCRATCH]
  .there:
  finished
    check [seen.cs], SLOT1
end_case
