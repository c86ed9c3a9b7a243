; [386] 5.1.1, 6.3.1.2
%include "pm.inc"
case 386, "in an expand-down segment offsets up to the limit are #GP(0)"
    descriptor SLOT1, SCRATCH, 0x0F, DOWN_WRITE
    mov byte [SCRATCH + 0x10], 0x55
    mov ax, SLOT1
  ring0
    mov es, ax
    mov bl, [es:0x10]
    .bad: mov bh, [es:0x0F]
  caught PROTECTION, 0, .bad
    check8 bl, 0x55
end_case
