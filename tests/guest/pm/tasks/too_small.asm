; [386] 9.8.10
%include "pm.inc"
case 386, "a TSS with a limit below 103 is #TS(selector)"
    descriptor SLOT1, TSS_A, 0x66, AVAIL_TSS32
  ring0
    .bad: jmp SLOT1:0
  caught BAD_TSS, SLOT1, .bad
    check [seen.tr], TSS_SEL
end_case
