; [386] 6.3.4.2
%include "pm.inc"
case 386, "a call gate to ring 0 switches stacks and copies the parameters"
    gate SLOT1, CODE32, .there, CALL_GATE32 | DPL3, 2
  ring3
    push dword 0x11111111
    push dword 0x22222222
    call SLOT1:0
  .back:
  .there:
  finished
    check [seen.cs], CODE32
    check [seen.ss], DATA32
    check [seen.esp], STACK_INNER - 24
    check16 [STACK_INNER - 4], USER_DATA32
    check [STACK_INNER - 8], STACK3 - 8
    check [STACK_INNER - 12], 0x11111111
    check [STACK_INNER - 16], 0x22222222
    check16 [STACK_INNER - 20], USER_CODE32
    check [STACK_INNER - 24], .back
end_case
