; [386] 17, LTR; 7.2
%include "pm.inc"
case 386, "LTR marks the TSS busy and leaves the old one busy"
    descriptor SLOT1, TSS_A, 0x67, AVAIL_TSS32
    mov ax, SLOT1
    ltr ax
    str ebx
    check16 bx, SLOT1
    check8 [GDT + SLOT1 + 5], BUSY_TSS32
    check8 [GDT + TSS_SEL + 5], BUSY_TSS32
end_case
