; [386] 5.1.4
%include "pm.inc"
case 386, "LGDT changes no loaded segment"
    mov word [SCRATCH], 7
    mov dword [SCRATCH + 2], 0x30000
    mov dword [SCRATCH + 8], 0x42
  ring0
    lgdt [SCRATCH]
    mov ebx, [SCRATCH + 8]
    push ebx
    pop ecx
    lgdt [gdt_pointer]
  finished
    check ecx, 0x42
end_case
