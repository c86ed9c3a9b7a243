; [286] 7.4.1
%include "pm16.inc"
case 286, "a word whose second byte lies beyond the limit is #GP(0)"
    descriptor SLOT1, SCRATCH, 0x0F, READ_WRITE
    mov ax, SLOT1
  ring0
    mov es, ax
    mov bx, [es:0x0E]
    .bad: mov [es:0x0F], ax
  caught PROTECTION, 0, .bad
end_case
