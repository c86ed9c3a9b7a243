; [386] 9.7
%include "pm.inc"
%include "timer.inc"
case 386, "an external interrupt whose gate is not present is #NP(vector * 8 + IDT + EXT)"
    call start_timer
    interrupt 0x38, CODE32, .bad, INT_GATE32 & ~PRESENT
  ring0
    call wait_for_irq0
    sti
    nop
    .bad: nop
  caught NOT_PRESENT, 0x38 * 8 + IDT_BIT + EXT, .bad
end_case
