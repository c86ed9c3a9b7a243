; [386] 5.2.5
%include "pm.inc"
case 386, "loading CR3 makes changed table entries count"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [FRAME_A], 1
    mov dword [FRAME_B], 2
    mov eax, [WINDOW]
    page WINDOW, FRAME_B | P_ALL
    flush
    mov ebx, [WINDOW]
    check eax, 1
    check ebx, 2
end_case
