; [386] 7.5; 9.8.14
%include "pm.inc"
case 386, "a new TSS in a page that is missing is a page fault in the old task"
    paging
    descriptor SLOT1, WINDOW, 0x67, AVAIL_TSS32
  ring0
    .bad: jmp SLOT1:0
  caught PAGE_FAULT, 0, .bad
    check [seen.tr], TSS_SEL
    check8 [GDT + TSS_SEL + 5], BUSY_TSS32
end_case
