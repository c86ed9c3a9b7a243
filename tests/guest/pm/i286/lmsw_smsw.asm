; [286] 10.2
%include "pm16.inc"
case 286, "LMSW sets MP, EM and TS, cannot clear PE, CLTS clears TS"
    mov ax, 0x0E
    lmsw ax
    smsw bx
    clts
    smsw cx
    xor ax, ax
    lmsw ax
    smsw dx
    and bx, 0x0F
    and cx, 0x0F
    and dx, 0x0F
    check bx, 0x0F
    check cx, 0x07
    check dx, 0x01
end_case
