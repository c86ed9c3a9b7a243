; [386] 17, LSL
%include "pm.inc"
case 386, "LSL gives a page-granular limit in bytes, low bits set"
    descriptor SLOT1, 0, 0x12345, READ_WRITE, PAGES
    mov ax, SLOT1
    lsl ebx, eax
    check ebx, 0x12345FFF
    lsl cx, ax
    check16 cx, 0x5FFF
end_case
