; [386] 17, LMSW
%include "pm.inc"
case 386, "LMSW sets TS, EM and MP and cannot clear PE"
    mov ax, CR0_TS | CR0_EM | CR0_MP
    lmsw ax
    mov ebx, cr0
    check ebx, 0x1F
    xor eax, eax
    lmsw ax
    mov ebx, cr0
    check ebx, 0x11
end_case
