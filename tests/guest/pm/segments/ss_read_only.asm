; [386] 17, MOV
%include "pm.inc"
case 386, "SS wants a writable segment"
    descriptor SLOT1, 0, 0xFFFFF, READ_ONLY, BIG | PAGES
    mov ax, SLOT1
  ring0
    .bad: mov ss, ax
  caught PROTECTION, SLOT1, .bad
end_case
