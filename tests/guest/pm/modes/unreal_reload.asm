; [386] 14.1
%include "pm.inc"
case 386, "loading a segment register in real mode changes its base and not its limit"
    mov dword [0x30000], 0x12345678
  real
    mov ax, 0x1000
    mov fs, ax
    mov ebx, 0x20000
    mov eax, [fs:ebx]
  finished
    check eax, 0x12345678
end_case
