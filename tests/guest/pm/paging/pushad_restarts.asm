; [386] 9.8.14
%include "pm.inc"
case 386, "PUSHAD into a missing page leaves ESP and can be done again"
    paging
    page WINDOW + 0x1000, FRAME_A | P_ALL
    mov eax, 0xA0
    mov edi, 0xA7
  ring3
    mov esp, WINDOW + 0x1010
    .bad: pushad
  caught PAGE_FAULT, PF_USER | PF_WRITE, .bad
    check [seen.esp], WINDOW + 0x1010
    mov eax, [seen.cr2]
    and eax, ~0xFFF
    check eax, WINDOW
    mov eax, 0xA0
    page WINDOW, FRAME_B | P_ALL
    flush
  ring3
    mov esp, WINDOW + 0x1010
    pushad
  finished
    check [FRAME_A + 0x0C], 0xA0
    check [FRAME_B + 0xFF0], 0xA7
end_case
