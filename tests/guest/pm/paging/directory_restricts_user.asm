; [386] 6.4.2
%include "pm.inc"
case 386, "U/S of the directory entry restricts all its pages"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [pde(WINDOW)], (PAGE_TABLES + 0x1000) | P_PRESENT | P_WRITE
    flush
  ring3
    .bad: mov eax, [WINDOW]
  caught PAGE_FAULT, PF_USER | PF_PRESENT, .bad
end_case
