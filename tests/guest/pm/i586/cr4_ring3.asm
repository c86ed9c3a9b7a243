; Pentium Family Developer's Manual, volume 3, 25, MOV
%include "pm.inc"
case 586, "MOV of CR4 in ring 3 is #GP(0)"
  ring3
    .bad: mov eax, cr4
  caught PROTECTION, 0, .bad
end_case
