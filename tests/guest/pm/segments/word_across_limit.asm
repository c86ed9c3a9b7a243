; [386] 6.3.1.2
%include "pm.inc"
case 386, "a word whose second byte lies beyond the limit is #GP(0) and nothing is written"
    descriptor SLOT1, SCRATCH, 0x0F, READ_WRITE
    mov ax, SLOT1
  ring0
    mov es, ax
    mov word [es:0x0E], 0x1111
    .bad: mov word [es:0x0F], 0x2222
  caught PROTECTION, 0, .bad
    check [SCRATCH + 14], 0x1111
end_case
