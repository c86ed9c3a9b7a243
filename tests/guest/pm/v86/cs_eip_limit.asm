; [386] 15.1.2
%include "pm.inc"
case 386, "running past FFFFh in V86 is #GP(0)"
    mov byte [0x3FFFF], 0x90
    mov word [0x40000], 0x30CD          ; INT BACK, and where a wrap would lead
    mov word [0x30000], 0x30CD
  v86 IOPL3
    jmp 0x3000:0xFFFF
  caught PROTECTION, 0, 0x10000
end_case
