; [386] 17, MOV: "Selector's RPL must equal CPL ELSE #GP(selector)"
%include "pm.inc"
case 386, "SS wants an RPL equal to CPL"
    mov ax, USER_DATA32
  ring0
    .bad: mov ss, ax
  caught PROTECTION, USER_DATA32 & ~3, .bad
end_case
