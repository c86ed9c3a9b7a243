; [386] 15.1.2: no wrap at 1 MB
%include "pm.inc"
case 386, "in V86 FFFF:0010 is linear 100000h"
    paging
    page 0x100000, FRAME_A | P_ALL
    mov dword [FRAME_A], 0x600D
    v86 IOPL3
    mov ax, 0xFFFF
    mov ds, ax
    mov ebx, [0x10]
  finished
    check ebx, 0x600D
end_case
