; [386] 9.8.14; 17, REP
%include "pm.inc"
case 386, "REP MOVSB stops at a missing page with ECX, ESI and EDI at that byte"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov esi, SCRATCH
    mov edi, WINDOW + 0xFFB
    mov ecx, 10
    mov dword [SCRATCH], 0x44332211
  ring3
    .bad: rep movsb
  caught PAGE_FAULT, PF_USER | PF_WRITE, .bad
    check ecx, 5
    check esi, SCRATCH + 5
    check edi, WINDOW + 0x1000
    check [FRAME_A + 0xFFB], 0x44332211
    page WINDOW + 0x1000, FRAME_B | P_ALL
  ring3
    rep movsb
  finished
    check ecx, 0
    check edi, WINDOW + 0x1005
end_case
