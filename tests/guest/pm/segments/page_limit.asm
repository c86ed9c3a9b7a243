; [386] 5.1.1: the low 12 bits of the offset are not tested.
%include "pm.inc"
case 386, "with G set limit 0 means 4096 bytes"
    descriptor SLOT1, SCRATCH, 0, READ_WRITE, BIG | PAGES
    mov ax, SLOT1
  ring0
    mov fs, ax
    mov ebx, [fs:0xFFC]
    .bad: mov ebx, [fs:0xFFD]
  caught PROTECTION, 0, .bad
end_case
