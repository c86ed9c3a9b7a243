; [386] 17, VERR
%include "pm.inc"
case 386, "VERR of readable conforming code ignores privilege"
    descriptor SLOT1, 0, 0xFFFF, CONF_READ
  ring3
    mov ax, SLOT1 | 3
    verr ax
    setz cl
    mov ax, CODE32 | 3
    verr ax
    setz ch
  finished
    check16 cx, 0x0001
end_case
