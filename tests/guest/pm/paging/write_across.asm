; [386] 9.8.14: the instruction can be restarted.
%include "pm.inc"
case 386, "a write across into a missing page changes nothing, CR2 = the second page"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov eax, 0x11223344
  ring0
    .bad: mov [WINDOW + 0xFFE], eax
  caught PAGE_FAULT, PF_WRITE, .bad
    check [seen.cr2], WINDOW + 0x1000
    check16 [FRAME_A + 0xFFE], 0
end_case
