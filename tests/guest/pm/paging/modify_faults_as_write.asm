; [386] 9.8.14
%include "pm.inc"
case 386, "a read-modify-write of a missing page is #PF(W)"
    paging
  ring0
    .bad: inc dword [WINDOW]
  caught PAGE_FAULT, PF_WRITE, .bad
  ring0
    .worse: xchg [WINDOW], eax
  caught PAGE_FAULT, PF_WRITE, .worse
    page WINDOW, FRAME_A | P_PRESENT | P_USER
    flush
  ring3
    .worst: add [WINDOW], eax
  caught PAGE_FAULT, PF_USER | PF_WRITE | PF_PRESENT, .worst
end_case
