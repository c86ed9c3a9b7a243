; [386] 17, IRET
%include "pm.inc"
case 386, "IRETD within a ring pops EIP, CS and EFLAGS"
  ring0
    push dword 0x12345678
    push dword 2 | DF_BIT | CF_BIT
    push dword CODE32
    push dword .there
    iretd
  .there:
    pop eax
  finished
    check eax, 0x12345678
    mov ebx, [seen.eflags]
    and ebx, DF_BIT | CF_BIT | IF_BIT
    check ebx, DF_BIT | CF_BIT
end_case
