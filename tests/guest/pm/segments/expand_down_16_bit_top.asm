; [386] 6.3.1.2
%include "pm.inc"
case 386, "an expand-down segment with B clear ends at FFFFh"
    descriptor SLOT1, 0, 0x0F, DOWN_WRITE
    mov ax, SLOT1
  ring0
    mov es, ax
    mov bl, [es:0xFFFF]
    .bad: mov bl, [es:0x10000]
  caught PROTECTION, 0, .bad
end_case
