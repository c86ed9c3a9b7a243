; [386] 6.3.1.2
%include "pm.inc"
case 386, "an expand-down segment with B set ends at 4 GB"
    descriptor SLOT1, 0x30000 + 4, 0x0F, DOWN_WRITE, BIG
    mov dword [0x30000], 0xCAFEF00D
    mov ax, SLOT1
  ring0
    mov es, ax
    mov ebx, [es:0xFFFFFFFC]
    mov ecx, [es:0x20000]
  finished
    check ebx, 0xCAFEF00D
end_case
