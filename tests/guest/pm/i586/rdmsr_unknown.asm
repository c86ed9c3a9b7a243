; Pentium Family Developer's Manual, volume 3, 25, RDMSR
%include "pm.inc"
case 586, "RDMSR of a register that is not there is #GP(0)"
    mov ecx, 0x12345678
  ring0
    .bad: rdmsr
  caught PROTECTION, 0, .bad
end_case
