; [386] 17, LTR
%include "pm.inc"
case 386, "LTR of a TSS that is not present is #NP(selector)"
    descriptor SLOT1, TSS_A, 0x67, AVAIL_TSS32 & ~PRESENT
    mov ax, SLOT1
  ring0
    .bad: ltr ax
  caught NOT_PRESENT, SLOT1, .bad
end_case
