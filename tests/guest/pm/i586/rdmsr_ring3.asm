; Pentium Family Developer's Manual, volume 3, 25, RDMSR
%include "pm.inc"
case 586, "RDMSR and WRMSR in ring 3 are #GP(0)"
    mov ecx, 0x10
  ring3
    .bad: rdmsr
  caught PROTECTION, 0, .bad
  ring3
    .worse: wrmsr
  caught PROTECTION, 0, .worse
end_case
