; [386] 9.8.14
%include "pm.inc"
case 386, "a write to a missing page in ring 3 is #PF(U W)"
    paging
  ring3
    .bad: mov [WINDOW], eax
  caught PAGE_FAULT, PF_USER | PF_WRITE, .bad
end_case
