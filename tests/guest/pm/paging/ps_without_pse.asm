; [386] 5.2.4; Pentium Family Developer's Manual, volume 3, H.1
%include "pm.inc"
case 386, "without CR4.PSE bit 7 of a directory entry means nothing"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [FRAME_A], 0x77
    or byte [pde(WINDOW)], P_4MB
    flush
    mov ebx, [WINDOW]
    check ebx, 0x77
end_case
