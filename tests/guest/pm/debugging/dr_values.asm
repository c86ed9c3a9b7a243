; [386] 12.2, figure 12-1
%include "pm.inc"
case 386, "DR0 to DR3 keep 32 bits; bits 10 of DR7 reads 1"
    mov eax, 0x12345678
    mov dr0, eax
    not eax
    mov dr3, eax
    xor eax, eax
    mov dr7, eax
    mov eax, dr0
    mov ebx, dr3
    check eax, 0x12345678
    check ebx, 0xEDCBA987
%if CPU >= 486
    mov eax, dr7
    check eax, 0x400
%endif
end_case
