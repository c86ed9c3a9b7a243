; [386] 15.4.1
%include "pm.inc"
case 386, "IRET in V86 with IOPL below 3 is #GP(0); with IOPL 3 it loads like an 8086"
  v86
    .bad: iret
  caught PROTECTION, 0, .bad
  v86 IOPL3
    push word 2 | DF_BIT
    push word 0x10
    push word .there - 0x100
    iret
  .there:
    sub sp, 0
  finished
    check [seen.cs], 0x10
    mov eax, [seen.eflags]
    and eax, VM_BIT | IOPL3
    check eax, VM_BIT | IOPL3
end_case
