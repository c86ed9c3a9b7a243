; [386] 6.3.1.2
%include "pm.inc"
case 386, "a dword whose last byte lies beyond the limit is #GP(0)"
    descriptor SLOT1, SCRATCH, 0x0F, READ_WRITE
    mov ax, SLOT1
  ring0
    mov gs, ax
    mov ebx, [gs:0x0C]
    .bad: mov ebx, [gs:0x0D]
  caught PROTECTION, 0, .bad
end_case
