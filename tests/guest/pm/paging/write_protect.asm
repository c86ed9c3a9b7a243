; [486] i486 Programmer's Reference Manual, 6.4.3
%include "pm.inc"
case 486, "with WP set a write of ring 0 to a read-only page is #PF(W P)"
    paging
    page WINDOW, FRAME_A | P_PRESENT | P_USER
    page WINDOW + 0x1000, FRAME_B | P_PRESENT
    set_cr0 CR0_WP
  ring0
    mov eax, [WINDOW]
    .bad: mov dword [WINDOW], 0x1234
  caught PAGE_FAULT, PF_WRITE | PF_PRESENT, .bad
  ring0
    .worse: mov dword [WINDOW + 0x1000], 0x1234
  caught PAGE_FAULT, PF_WRITE | PF_PRESENT, .worse
    check [FRAME_A], 0
end_case
