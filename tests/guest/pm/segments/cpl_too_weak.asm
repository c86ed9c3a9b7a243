; [386] 6.3.2
%include "pm.inc"
case 386, "ring 3 cannot load a ring 0 data segment"
    mov ax, DATA32
  ring3
    .bad: mov ds, ax
  caught PROTECTION, DATA32, .bad
    check [seen.ds], USER_DATA32
end_case
