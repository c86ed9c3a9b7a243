; [286] 10.2: reserved; the chip shows FFF0h after reset.
%include "pm16.inc"
case 286, "the unused bits of the machine status word read 1 on the 286"
    smsw ax
%if CPU = 286
    check ax, 0xFFF1
%else
    and ax, 0x0F
    check ax, 1
%endif
end_case
