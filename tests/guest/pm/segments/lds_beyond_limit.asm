; [386] 17, LDS
%include "pm.inc"
case 386, "LDS whose selector lies beyond the limit is #GP(0) and changes nothing"
    descriptor SLOT1, SCRATCH, 4, READ_WRITE
    mov ax, SLOT1
    mov esi, 0x66
  ring0
    mov es, ax
    .bad: lds esi, [es:0]
  caught PROTECTION, 0, .bad
    check esi, 0x66
end_case
