; [386] 15.1.2
%include "pm.inc"
case 386, "in V86 a selector times 16 is the base"
    mov dword [0x30004], 0xFEEDF00D
  v86 IOPL3
    mov ax, 0x3000
    mov ds, ax
    mov ebx, [4]
  finished
    check ebx, 0xFEEDF00D
end_case
