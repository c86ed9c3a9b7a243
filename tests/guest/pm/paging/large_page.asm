; Pentium Family Developer's Manual, volume 3, 11.3 and H.1
%include "pm.inc"
case 586, "with CR4.PSE a directory entry with PS maps 4 MB"
    paging
    mov eax, 0x10
    mov cr4, eax
    mov dword [pde(WINDOW)], 0 | P_ALL | P_4MB
    flush
    mov dword [FRAME_A + 0x234], 0x5678
    mov ebx, [WINDOW + FRAME_A + 0x234]
    check ebx, 0x5678
    mov ebx, [pde(WINDOW)]
    check ebx, P_ALL | P_4MB | P_ACCESSED
    mov [WINDOW + FRAME_B], ebx
    mov ebx, [pde(WINDOW)]
    check ebx, P_ALL | P_4MB | P_ACCESSED | P_DIRTY
end_case
