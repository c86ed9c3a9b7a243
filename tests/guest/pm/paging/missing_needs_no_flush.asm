; [386] 5.2.5: entries that are not present are not cached.
%include "pm.inc"
case 386, "an entry that becomes present counts without a flush"
    paging
  ring0
    .bad: mov eax, [WINDOW]
  caught PAGE_FAULT, 0, .bad
    mov dword [FRAME_A], 0x55
    page WINDOW, FRAME_A | P_ALL
  ring0
    mov eax, [WINDOW]
  finished
    check eax, 0x55
end_case
