; Pentium Family Developer's Manual, volume 3, 25, CPUID
%include "pm.inc"
case 586, "CPUID leaf 0 gives the highest leaf, leaf 1 the family"
    xor eax, eax
    cpuid
    cmp eax, 1
    setae al
    check8 al, 1
    mov eax, 1
    cpuid
    shr eax, 8
    and eax, 15
    and edx, 0x138                      ; PSE, TSC, MSR, CX8
    xor ebx, ebx
    xor ecx, ecx
    check eax, 5
    check edx, 0x138
end_case
