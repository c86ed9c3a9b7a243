; [386] 6.3.1.1
%include "pm.inc"
case 386, "MOV DS refuses a code segment that cannot be read"
    descriptor SLOT1, 0, 0xFFFF, EXEC_ONLY
    mov ax, SLOT1
  ring0
    .bad: mov ds, ax
  caught PROTECTION, SLOT1, .bad
    check [seen.ds], DATA32
end_case
