; [386] 5.2.4.3
%include "pm.inc"
case 386, "a read sets A in both levels and D in neither"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [pde(WINDOW)], PAGE_TABLES + 0x1000 + P_ALL
    flush
    mov eax, [WINDOW]
    mov ebx, [pte(WINDOW)]
    check ebx, FRAME_A | P_ALL | P_ACCESSED
    mov ebx, [pde(WINDOW)]
    and ebx, 0xFBF                      ; bit 6 of a directory entry is not defined
    check ebx, P_ALL | P_ACCESSED
end_case
