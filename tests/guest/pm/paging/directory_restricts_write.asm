; [386] 6.4.2, table 6-5. That a supervisor's R/W rules the combination is the 386's; here both levels are user.
%include "pm.inc"
case 386, "R/W of the directory entry restricts all its pages"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [pde(WINDOW)], (PAGE_TABLES + 0x1000) | P_PRESENT | P_USER
    flush
  ring3
    mov eax, [WINDOW]
    .bad: mov [WINDOW], eax
  caught PAGE_FAULT, PF_USER | PF_PRESENT | PF_WRITE, .bad
end_case
