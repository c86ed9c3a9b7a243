; [386] 6.3.1.2
%include "pm.inc"
case 386, "with G set an expand-down segment begins at limit * 4096 + 4096"
    descriptor SLOT1, 0, 1, DOWN_WRITE, BIG | PAGES
    mov ax, SLOT1
  ring0
    mov es, ax
    mov ebx, [es:0x2000]
    .bad: mov bl, [es:0x1FFF]
  caught PROTECTION, 0, .bad
end_case
