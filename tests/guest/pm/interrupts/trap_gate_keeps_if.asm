; [386] 9.6.1.3
%include "pm.inc"
case 386, "a trap gate leaves IF"
    interrupt 0x31, CODE32, .there, TRAP_GATE32
  ring0 IF_BIT
    int 0x31
  .there:
    pushfd
    cli
    pop eax
  finished
    and eax, IF_BIT
    check eax, IF_BIT
end_case
