; [386] 6.3.3
%include "pm.inc"
case 386, "a far CALL from ring 3 to conforming ring 0 code and back stays in ring 3"
    descriptor SLOT1, 0, 0xFFFFF, CONF_READ, BIG | PAGES
  ring3
    call SLOT1:.there
    jmp .out
  .there:
    mov eax, cs
    retf
  .out:
  finished
    check16 ax, SLOT1 | 3
    check [seen.cs], USER_CODE32
    check [seen.esp], STACK3
end_case
