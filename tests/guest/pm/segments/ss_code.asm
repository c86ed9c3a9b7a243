; [386] 17, MOV
%include "pm.inc"
case 386, "SS refuses a code segment"
    mov ax, CODE32
  ring0
    .bad: mov ss, ax
  caught PROTECTION, CODE32, .bad
end_case
