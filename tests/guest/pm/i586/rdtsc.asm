; Pentium Family Developer's Manual, volume 3, 25, RDTSC
%include "pm.inc"
case 586, "RDTSC grows"
    rdtsc
    mov esi, eax
    mov edi, edx
    mov ecx, 100
.wait:
    loop .wait
    rdtsc
    sub eax, esi
    sbb edx, edi
    setae bl
    or eax, edx
    setnz bh
    xor eax, eax
    xor edx, edx
    xor esi, esi
    xor edi, edi
    check16 bx, 0x0101
end_case
