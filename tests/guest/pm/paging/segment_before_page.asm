; [386] 5.3
%include "pm.inc"
case 386, "the segment's limit is checked before the page"
    paging
    descriptor SLOT1, WINDOW, 0xFF, READ_WRITE
    mov ax, SLOT1
  ring0
    mov es, ax
    .bad: mov eax, [es:0x100]
  caught PROTECTION, 0, .bad
end_case
