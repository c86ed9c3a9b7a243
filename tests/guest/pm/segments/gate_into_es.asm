; [386] 6.3.1.1
%include "pm.inc"
case 386, "a gate in a data segment register is #GP(selector)"
    gate SLOT1, CODE32, .bad, CALL_GATE32
    mov ax, SLOT1
  ring0
    .bad: mov es, ax
  caught PROTECTION, SLOT1, .bad
end_case
