; [386] 9.8.14
%include "pm.inc"
case 386, "a jump into a missing page is #PF at the target, CR2 = target"
    paging
  ring0
    .jump: jmp CODE32:(WINDOW + 0x10)
  caught PAGE_FAULT, 0, WINDOW + 0x10
    check [seen.cr2], WINDOW + 0x10
end_case
