; [386] 9.6.1.3
%include "pm.inc"
case 386, "an interrupt through a gate clears NT and pushes it as it was"
    interrupt 0x31, CODE32, .there, TRAP_GATE32
  ring0 NT_BIT
    int 0x31
  .there:
    pushfd
    pop eax
  finished
    and eax, NT_BIT
    check eax, 0
    mov ebx, [seen.stack + 8]
    and ebx, NT_BIT
    check ebx, NT_BIT
end_case
