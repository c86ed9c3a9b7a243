; [386] 4.1.2
%include "pm.inc"
case 386, "the 386 has neither WP nor AM: ring 0 writes to read-only pages whatever CR0 says"
%if CPU = 386
    paging
    page WINDOW, FRAME_A | P_PRESENT | P_USER
    set_cr0 CR0_WP
  ring0
    mov dword [WINDOW], 0x1234
  finished
    check [FRAME_A], 0x1234
%endif
end_case
