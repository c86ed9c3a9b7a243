; [386] 6.3.1.1
%include "pm.inc"
case 386, "a write through CS is #GP(0)"
  ring0
    .bad: mov [cs:SCRATCH], eax
  caught PROTECTION, 0, .bad
end_case
