; Pentium Family Developer's Manual, volume 3, 25, CMPXCHG8B
%include "pm.inc"
case 586, "CMPXCHG8B compares EDX:EAX and stores ECX:EBX"
    mov dword [SCRATCH], 1
    mov dword [SCRATCH + 4], 2
    mov eax, 1
    mov edx, 2
    mov ebx, 3
    mov ecx, 4
    cmpxchg8b [SCRATCH]
    check_flags ZF_BIT, ZF_BIT
    check [SCRATCH], 3
    check [SCRATCH + 4], 4
    cmpxchg8b [SCRATCH]
    check_flags ZF_BIT, 0
    check eax, 3
    check edx, 4
end_case
