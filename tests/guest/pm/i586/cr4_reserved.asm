; Pentium Family Developer's Manual, volume 3, 10.1.3
%include "pm.inc"
case 586, "setting a reserved bit of CR4 is #GP(0)"
    mov eax, 0x00010000
  ring0
    .bad: mov cr4, eax
  caught PROTECTION, 0, .bad
    mov eax, cr4
    check eax, 0
end_case
