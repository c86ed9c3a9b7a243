; [386] 6.3.1.1
%include "pm.inc"
case 386, "a write to a read-only segment is #GP(0)"
    descriptor SLOT1, SCRATCH, 0xFF, READ_ONLY
    mov ax, SLOT1
  ring0
    mov es, ax
    mov ebx, [es:0]
    .bad: mov [es:0], eax
  caught PROTECTION, 0, .bad
    check [SCRATCH], 0
end_case
