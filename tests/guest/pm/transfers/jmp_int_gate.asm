; [386] 17, JMP
%include "pm.inc"
case 386, "a far JMP to an interrupt gate is #GP(selector)"
    gate SLOT1, CODE32, .bad, INT_GATE32
  ring0
    .bad: jmp SLOT1:0
  caught PROTECTION, SLOT1, .bad
end_case
