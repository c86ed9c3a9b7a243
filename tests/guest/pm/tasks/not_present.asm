; [386] 17, CALL
%include "pm.inc"
case 386, "a TSS that is not present is #NP(selector)"
    descriptor SLOT1, TSS_A, 0x67, AVAIL_TSS32 & ~PRESENT
  ring0
    .bad: jmp SLOT1:0
  caught NOT_PRESENT, SLOT1, .bad
end_case
