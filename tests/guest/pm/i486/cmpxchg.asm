; [486] 26, CMPXCHG
%include "pm.inc"
case 486, "CMPXCHG stores the source where EAX equals the destination and loads EAX where not"
    mov dword [SCRATCH], 5
    mov eax, 5
    mov ebx, 9
    cmpxchg [SCRATCH], ebx
    check_flags ZF_BIT, ZF_BIT
    check [SCRATCH], 9
    mov eax, 5
    cmpxchg [SCRATCH], ecx
    check_flags ZF_BIT, 0
    check eax, 9
    check [SCRATCH], 9
end_case
