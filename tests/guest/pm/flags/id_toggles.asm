; Pentium Family Developer's Manual, volume 3, 3.3.4
%include "pm.inc"
case 586, "ID can be changed where there is CPUID"
    push dword 2 | ID_BIT
    popfd
    pushfd
    pop eax
    and eax, ID_BIT
    check eax, ID_BIT
end_case
