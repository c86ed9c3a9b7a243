; [386] 16.4
%include "pm.inc"
case 386, "a 16-bit call gate pushes words and copies words"
    gate SLOT1, CODE32, .there, CALL_GATE16 | DPL3, 2
  ring3
    push dword 0x22221111
    call SLOT1:0
  .back:
  .there:
  finished
    check [seen.esp], STACK_INNER - 12
    check16 [STACK_INNER - 2], USER_DATA32
    check16 [STACK_INNER - 4], STACK3 - 4
    check [STACK_INNER - 8], 0x22221111
    check16 [STACK_INNER - 10], USER_CODE32
    check16 [STACK_INNER - 12], .back
end_case
