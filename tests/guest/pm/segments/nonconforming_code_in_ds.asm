; [386] 6.3.2.1
%include "pm.inc"
case 386, "a readable nonconforming code segment of ring 0 does not load into DS in ring 3"
    mov ax, CODE32
  ring3
    .bad: mov ds, ax
  caught PROTECTION, CODE32, .bad
end_case
