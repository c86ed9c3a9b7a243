; [386] 8.3.1
%include "pm.inc"
case 386, "ring 0 may use every port"
  ring0
    out 0x80, al
    mov edx, 0x80
    out dx, eax
  finished
end_case
