; [386] 8.3.1; 17, POPF
%include "pm.inc"
case 386, "POPFD in ring 3 leaves IOPL, and IF while IOPL is 0, without a fault"
  ring3
    push dword 2 | IF_BIT | IOPL3 | DF_BIT
    popfd
  finished
    mov eax, [seen.eflags]
    and eax, IF_BIT | IOPL3 | DF_BIT
    check eax, DF_BIT
end_case
