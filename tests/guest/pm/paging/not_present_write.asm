; [386] 9.8.14
%include "pm.inc"
case 386, "a write to a missing page in ring 0 is #PF(W)"
    paging
  ring0
    .bad: mov [WINDOW + 0xFFC], eax
  caught PAGE_FAULT, PF_WRITE, .bad
    check [seen.cr2], WINDOW + 0xFFC
end_case
