; [386] 6.4.1.2
%include "pm.inc"
case 386, "ring 0 writes to a read-only page while WP is clear"
    paging
    page WINDOW, FRAME_A | P_PRESENT | P_USER
  ring0
    mov dword [WINDOW], 0x1234
  finished
    check [FRAME_A], 0x1234
end_case
