; [386] 12.3.1.1
%include "pm.inc"
case 386, "a fault pushes RF set"
  ring0
    .bad: ud2
  caught INVALID_OPCODE, NONE, .bad
    mov eax, [seen.eflags]
    and eax, RF_BIT
    check eax, RF_BIT
end_case
