; [386] 9.7
%include "pm.inc"
%include "timer.inc"
case 386, "an external interrupt beyond the IDT's limit is #GP(vector * 8 + IDT + EXT)"
    call start_timer
    mov word [idt_pointer], 0x38 * 8 - 1
    lidt [idt_pointer]
  ring0
    call wait_for_irq0
    sti
    nop
    .bad: nop
  caught PROTECTION, 0x38 * 8 + IDT_BIT + EXT, .bad
end_case
