; [386] 9.8.14
%include "pm.inc"
case 386, "RETF whose frame runs into a missing page leaves ESP and CS"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [FRAME_A + 0xFFC], .bad
  ring3
    mov esp, WINDOW + 0xFFC
    .bad: retf
  caught PAGE_FAULT, PF_USER, .bad
    check [seen.esp], WINDOW + 0xFFC
    check [seen.cr2], WINDOW + 0x1000
end_case
