; [286] 10.3
%include "pm16.inc"
case 286, "POPF in ring 3 leaves IOPL and IF"
  ring3
    push word 2 | IF_BIT | IOPL3
    popf
  finished
    mov ax, [seen.flags]
    and ax, IF_BIT | IOPL3
    check ax, 0
end_case
