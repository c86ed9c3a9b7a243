; [486] i486 Programmer's Reference Manual, 9.9.14
%include "pm.inc"
case 486, "with AM and AC set an unaligned access in ring 3 is #AC(0)"
    set_cr0 CR0_AM
  ring3 AC_BIT
    mov eax, [SCRATCH]
    mov al, [SCRATCH + 1]
    mov ax, [SCRATCH + 2]
    .bad: mov eax, [SCRATCH + 2]
  caught ALIGNMENT, 0, .bad
  ring3 AC_BIT
    .worse: mov [SCRATCH + 1], ax
  caught ALIGNMENT, 0, .worse
end_case
