; [386] 17, HLT
%include "pm.inc"
%include "timer.inc"
case 386, "HLT ends at an interrupt and saves the address behind it"
    call start_timer
    interrupt 0x38, CODE32, .there, INT_GATE32
  ring0
    sti
    hlt
  .behind:
    nop
  .there:
    mov eax, [esp]
  finished
    check eax, .behind
end_case
