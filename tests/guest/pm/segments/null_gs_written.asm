; [386] 5.1.3
%include "pm.inc"
case 386, "a write through a null GS is #GP(0)"
  ring0
    xor eax, eax
    mov gs, ax
    .bad: mov byte [gs:SCRATCH], 1
  caught PROTECTION, 0, .bad
    check8 [SCRATCH], 0
end_case
