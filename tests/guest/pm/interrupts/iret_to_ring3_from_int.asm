; [386] 9.6.1.2
%include "pm.inc"
case 386, "INT n from ring 3 and IRETD come back with all registers and flags"
    interrupt 0x31, CODE32, .there, INT_GATE32 | DPL3
  ring3 IF_BIT
    mov ebx, 0x77
    stc
    int 0x31
    setc cl
    jmp .out
  .there:
    clc
    iretd
  .out:
  finished
    check8 cl, 1
    check ebx, 0x77
    check [seen.esp], STACK3
    mov eax, [seen.eflags]
    and eax, IF_BIT
    check eax, IF_BIT
end_case
