; [386] 17, MOV
%include "pm.inc"
case 386, "SS beyond the GDT's limit is #GP(selector), no stack fault"
    mov ax, 0xFFF8
  ring0
    .bad: mov ss, ax
  caught PROTECTION, 0xFFF8, .bad
end_case
