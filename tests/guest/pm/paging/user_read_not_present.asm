; [386] 9.8.14
%include "pm.inc"
case 386, "a read of a missing page in ring 3 is #PF(U)"
    paging
  ring3
    .bad: mov eax, [WINDOW]
  caught PAGE_FAULT, PF_USER, .bad
end_case
