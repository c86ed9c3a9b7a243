; [386] 9.2: STI holds interrupts off for one instruction.
%include "pm.inc"
%include "timer.inc"
case 386, "an external interrupt comes through its gate at the next boundary after STI's successor"
    call start_timer
    interrupt 0x38, CODE32, .there, INT_GATE32
    xor ecx, ecx
  ring0
    call wait_for_irq0
    sti
    inc ecx
    inc ecx
    inc ecx
    inc ecx
  .there:
    mov eax, [esp]
  finished
    check ecx, 1
end_case
