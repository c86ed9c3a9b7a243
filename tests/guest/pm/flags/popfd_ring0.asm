; [386] 17, POPF
%include "pm.inc"
case 386, "POPFD in ring 0 changes IOPL and NT"
  ring0
    push dword 2 | IOPL3 | NT_BIT
    popfd
    pushfd
    pop eax
    push dword 2
    popfd
    pushfd
    pop ebx
  finished
    and eax, IOPL3 | NT_BIT
    check eax, IOPL3 | NT_BIT
    and ebx, IOPL3 | NT_BIT
    check ebx, 0
end_case
