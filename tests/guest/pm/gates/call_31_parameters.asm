; [386] 6.3.4.2
%include "pm.inc"
case 386, "a call gate copies as many as 31 parameters"
    gate SLOT1, CODE32, .there, CALL_GATE32 | DPL3, 31
  ring3
    mov ecx, 31
  .push:
    push ecx
    loop .push
    call SLOT1:0
  .there:
  finished
    check [seen.esp], STACK_INNER - 16 - 31 * 4
    check [STACK_INNER - 12], 31
    check [STACK_INNER - 8 - 31 * 4], 1
end_case
