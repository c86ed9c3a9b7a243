; [286] 7.4.1
%include "pm16.inc"
case 286, "an expand-down segment reaches from limit + 1 to FFFFh"
    descriptor SLOT1, SCRATCH, 0x0F, DOWN_WRITE
    mov ax, SLOT1
  ring0
    mov es, ax
    mov bl, [es:0x10]
    mov bl, [es:0xFFFF]
    .bad: mov bl, [es:0x0F]
  caught PROTECTION, 0, .bad
end_case
