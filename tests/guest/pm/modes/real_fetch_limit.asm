; [386] 14.5
%include "pm.inc"
case 386, "running past FFFFh in real mode is interrupt 13"
    mov byte [0x3FFFF], 0x90
    mov word [0x40000], 0x30CD          ; INT BACK, and where a wrap would lead
    mov word [0x30000], 0x30CD
  real
    jmp 0x3000:0xFFFF
  close_block
    check [seen.vector], PROTECTION
end_case
