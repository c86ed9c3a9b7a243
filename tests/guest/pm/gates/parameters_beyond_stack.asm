; [386] 17, CALL
%include "pm.inc"
case 386, "a call gate whose parameters lie beyond the caller's stack is #SS(0)"
    descriptor SLOT2, 0, 0x5FFF, READ_WRITE | DPL3, BIG
    gate SLOT1, CODE32, .there, CALL_GATE32 | DPL3, 2
  ring3
    mov ax, SLOT2 | 3
    mov ss, ax
    mov esp, 0x5FFC
    .bad: call SLOT1:0
  .there:
  caught STACK_FAULT, 0, .bad
end_case
