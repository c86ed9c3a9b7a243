; [286] 9.8
%include "pm16.inc"
case 286, "a TSS with a limit below 43 is #TS(selector)"
    descriptor SLOT1, TSS_A, 0x2A, AVAIL_TSS16
  ring0
    .bad: jmp SLOT1:0
  caught BAD_TSS, SLOT1, .bad
end_case
