; [386] 10.4.4
%include "pm.inc"
case 386, "clearing PG makes linear addresses physical at once"
    paging
    page 0x30000, FRAME_B | P_ALL
    flush
    mov dword [0x30000], 0x1111
    clear_cr0 CR0_PG
    jmp short .off
.off:
    check [0x30000], 0
    check [FRAME_B], 0x1111
end_case
