; [386] 9.8.10, 16.1
%include "pm.inc"
case 386, "a 16-bit TSS with a limit below 43 is #TS(selector)"
    descriptor SLOT1, TSS_A, 0x2A, AVAIL_TSS16
  ring0
    .bad: jmp SLOT1:0
  caught BAD_TSS, SLOT1, .bad
end_case
