; [386] 9.8.14
%include "pm.inc"
case 386, "a missing page table is #PF with P clear"
    paging
  ring0
    .bad: mov eax, [0x12345678]
  caught PAGE_FAULT, 0, .bad
    check [seen.cr2], 0x12345678
end_case
