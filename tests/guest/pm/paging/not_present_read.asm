; [386] 9.8.14
%include "pm.inc"
case 386, "a read of a missing page in ring 0 is #PF(0) with the address in CR2"
    paging
  ring0
    .bad: mov eax, [WINDOW + 0x123]
  caught PAGE_FAULT, 0, .bad
    check [seen.cr2], WINDOW + 0x123
end_case
