; [386] 8.3.1
%include "pm.inc"
case 386, "POPFD in ring 3 with IOPL 3 changes IF and not IOPL"
  ring3 IOPL3
    push dword 2 | IF_BIT
    popfd
  finished
    mov eax, [seen.eflags]
    and eax, IF_BIT | IOPL3
    check eax, IF_BIT | IOPL3
end_case
