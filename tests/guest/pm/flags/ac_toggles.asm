; [486] i486 Programmer's Reference Manual, 2.3.4
%include "pm.inc"
case 386, "AC can be changed from the 486 on and reads 0 before"
    push dword 2 | AC_BIT
    popfd
    pushfd
    pop eax
    push dword 2
    popfd
    and eax, AC_BIT
%if CPU >= 486
    check eax, AC_BIT
%else
    check eax, 0
%endif
end_case
