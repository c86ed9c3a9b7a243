; [486] 9.9.14
%include "pm.inc"
case 486, "an unaligned stack in ring 3 is #AC(0) with ESP unchanged"
    set_cr0 CR0_AM
  ring3 AC_BIT
    mov esp, STACK3 - 2
    .bad: push eax
  caught ALIGNMENT, 0, .bad
    check [seen.esp], STACK3 - 2
end_case
