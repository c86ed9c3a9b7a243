; [386] 6.3.1.1
%include "pm.inc"
case 386, "a readable code segment in DS can be read and not written"
    descriptor SLOT1, SCRATCH, 0xFFFF, EXEC_READ
    mov dword [SCRATCH + 4], 0x12345678
    mov ax, SLOT1
  ring0
    mov ds, ax
    mov ebx, [4]
    .bad: mov [4], eax
  caught PROTECTION, 0, .bad
    check ebx, 0x12345678
    check [SCRATCH + 4], 0x12345678
end_case
