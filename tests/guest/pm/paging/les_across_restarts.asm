; [386] 9.8.14
%include "pm.inc"
case 386, "LES whose selector lies in a missing page changes nothing"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [FRAME_A + 0xFFC], 0x1234
    mov ebx, 0x77
  ring3
    .bad: les ebx, [WINDOW + 0xFFC]
  caught PAGE_FAULT, PF_USER, .bad
    check ebx, 0x77
    check [seen.es], USER_DATA32
end_case
