; [386] 17, LAR
%include "pm.inc"
case 386, "LAR of a conforming code segment ignores privilege"
    descriptor SLOT1, 0, 0xFFFF, CONF_ONLY
  ring3
    mov ax, SLOT1 | 3
    lar ebx, eax
    setz cl
  finished
    check8 cl, 1
    and ebx, 0xFF00
    check ebx, CONF_ONLY << 8
end_case
