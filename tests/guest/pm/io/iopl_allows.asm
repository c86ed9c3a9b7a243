; [386] 8.3.1
%include "pm.inc"
case 386, "IOPL 3 lets ring 3 use any port whatever the map says"
  ring3 IOPL3
    out 0x80, al
    mov edx, 0x80
    out dx, eax
  finished
end_case
