; [386] 17, CALL. ESP1 and SS1 lie at 0Ch-11h.
%include "pm.inc"
case 386, "a TSS whose limit does not reach the inner stack makes an inner call #TS(TSS selector)"
    descriptor SLOT2, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    gate SLOT1, SLOT2, .bad, CALL_GATE32 | DPL3
    descriptor TSS_SEL, TSS, 0x10, AVAIL_TSS32
    mov ax, TSS_SEL
    ltr ax
  ring3
    .bad: call SLOT1:0
  caught BAD_TSS, TSS_SEL, .bad
end_case
