; [386] 9.8.14
%include "pm.inc"
case 386, "REP LODSD with DF stops at the page below"
    paging
    page WINDOW + 0x1000, FRAME_A | P_ALL
    mov esi, WINDOW + 0x1008
    mov ecx, 5
  ring3 DF_BIT
    .bad: rep lodsd
  caught PAGE_FAULT, PF_USER, .bad
    check ecx, 2
    check esi, WINDOW + 0xFFC
end_case
