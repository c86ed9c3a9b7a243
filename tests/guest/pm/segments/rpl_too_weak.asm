; [386] 6.3.2: MAX(CPL, RPL) <= DPL. RPL is no part of the error code.
%include "pm.inc"
case 386, "RPL 3 refuses a ring 0 data segment even to ring 0"
    mov ax, DATA32 | 3
  ring0
    .bad: mov ds, ax
  caught PROTECTION, DATA32, .bad
end_case
