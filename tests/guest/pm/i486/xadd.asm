; [486] 26, XADD
%include "pm.inc"
case 486, "XADD leaves the sum in the destination and the old value in the source"
    mov dword [SCRATCH], 0xFFFFFFF0
    mov ebx, 0x20
    xadd [SCRATCH], ebx
    check_flags CF_BIT, CF_BIT
    check [SCRATCH], 0x10
    check ebx, 0xFFFFFFF0
    mov eax, 7
    xadd eax, eax
    check eax, 14
end_case
