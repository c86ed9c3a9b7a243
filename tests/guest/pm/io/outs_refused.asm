; [386] 8.3.2
%include "pm.inc"
case 386, "REP OUTSB in ring 3 without permission is #GP(0) before the first step"
    mov ecx, 5
    mov esi, SCRATCH
    mov edx, 0x80
  ring3
    .bad: rep outsb
  caught PROTECTION, 0, .bad
    check ecx, 5
    check esi, SCRATCH
end_case
