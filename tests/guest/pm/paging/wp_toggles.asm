; [486] 6.4.3
%include "pm.inc"
case 486, "clearing WP takes effect at once"
    paging
    page WINDOW, FRAME_A | P_PRESENT | P_USER
    set_cr0 CR0_WP
  ring0
    .bad: mov dword [WINDOW], 0x1234
  caught PAGE_FAULT, PF_WRITE | PF_PRESENT, .bad
    clear_cr0 CR0_WP
  ring0
    mov dword [WINDOW], 0x1234
  finished
    set_cr0 CR0_WP
  ring0
    .worse: mov dword [WINDOW], 0x5678
  caught PAGE_FAULT, PF_WRITE | PF_PRESENT, .worse
    check [FRAME_A], 0x1234
end_case
