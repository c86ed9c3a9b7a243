; [386] 17, MOV
%include "pm.inc"
case 386, "SS wants a DPL equal to CPL"
    mov ax, USER_DATA32 & ~3
  ring0
    .bad: mov ss, ax
  caught PROTECTION, USER_DATA32 & ~3, .bad
end_case
