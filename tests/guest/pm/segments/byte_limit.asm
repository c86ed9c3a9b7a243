; [386] 6.3.1.2
%include "pm.inc"
case 386, "the byte at the limit is inside, the next is #GP(0)"
    descriptor SLOT1, SCRATCH, 0x0F, READ_WRITE
    mov byte [SCRATCH + 15], 0x77
    mov ax, SLOT1
  ring0
    mov es, ax
    mov bl, [es:0x0F]
    .bad: mov bh, [es:0x10]
  caught PROTECTION, 0, .bad
    check8 bl, 0x77
end_case
