; [386] 17, LTR; 16.1
%include "pm.inc"
case 386, "LTR takes a 16-bit TSS"
    descriptor SLOT1, TSS_A, 0x2B, AVAIL_TSS16
    mov ax, SLOT1
    ltr ax
    check8 [GDT + SLOT1 + 5], BUSY_TSS16
end_case
