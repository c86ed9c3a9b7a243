; [386] 9.8.14
%include "pm.inc"
case 386, "POPAD from a missing page changes no register"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov dword [FRAME_A + 0xFF0], 0x11111111
    mov edi, 0x77
  ring3
    mov esp, WINDOW + 0xFF0
    .bad: popad
  caught PAGE_FAULT, PF_USER, .bad
    check [seen.esp], WINDOW + 0xFF0
    check edi, 0x77
end_case
