; [386] 9.8.14
%include "pm.inc"
case 386, "REP STOSD whose element crosses into a missing page leaves that element unwritten"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov edi, WINDOW + 0xFF6
    mov ecx, 4
    mov eax, 0x99999999
  ring3
    .bad: rep stosd
  caught PAGE_FAULT, PF_USER | PF_WRITE, .bad
    check ecx, 2
    check edi, WINDOW + 0xFFE
    check16 [FRAME_A + 0xFFE], 0
end_case
