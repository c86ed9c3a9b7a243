; [386] 6.4.1.1
%include "pm.inc"
case 386, "a read of a supervisor page in ring 3 is #PF(U P)"
    paging
    page WINDOW, FRAME_A | P_PRESENT | P_WRITE
  ring3
    .bad: mov eax, [WINDOW + 4]
  caught PAGE_FAULT, PF_USER | PF_PRESENT, .bad
    check [seen.cr2], WINDOW + 4
end_case
