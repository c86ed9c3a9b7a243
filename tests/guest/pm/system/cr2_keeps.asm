; [386] 4.1.2
%include "pm.inc"
case 386, "CR2 and CR3 can be written and read back"
    mov eax, 0xDEADBEEF
    mov cr2, eax
    mov ebx, cr2
    check ebx, 0xDEADBEEF
    mov eax, 0x00345000
    mov cr3, eax
    mov ebx, cr3
    check ebx, 0x00345000
end_case
