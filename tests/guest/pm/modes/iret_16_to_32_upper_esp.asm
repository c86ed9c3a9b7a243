; [386] 16.3. The upper half of ESP is the processor's affair.
%include "pm.inc"
case 386, "IRETD to ring 3 with a 16-bit SS loads SP"
  ring0
    push dword USER_DATA16
    push dword 0x7FFF0000 + STACK3
    push dword 2
    push dword USER_CODE32
    push dword .there
    iretd
  .there:
    push word 1
    movzx eax, sp
    mov esp, STACK3
  finished
    check eax, STACK3 - 2
end_case
