; [386] 5.1.3
%include "pm.inc"
case 386, "a memory access through a null DS is #GP(0)"
  ring0
    xor eax, eax
    mov ds, ax
    .bad: mov bl, [SCRATCH]
  caught PROTECTION, 0, .bad
end_case
