; [386] 15.4.1
%include "pm.inc"
case 386, "POPF in V86 with IOPL 3 changes IF and leaves IOPL and VM"
  v86 IOPL3
    push dword 2 | IF_BIT
    popfd
    pushfd
    pop eax
    cli
  finished
    and eax, IF_BIT | IOPL3 | VM_BIT
    check eax, IF_BIT | IOPL3           ; PUSHFD shows VM as 0
end_case
