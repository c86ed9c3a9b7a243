; [286] iAPX 286 Programmer's Reference Manual, 7.4.1
%include "pm16.inc"
case 286, "a memory access through a null DS is #GP(0)"
  ring0
    xor ax, ax
    mov ds, ax
    .bad: mov bl, [SCRATCH]
  caught PROTECTION, 0, .bad
end_case
