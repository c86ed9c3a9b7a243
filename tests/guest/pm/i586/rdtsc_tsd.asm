; Pentium Family Developer's Manual, volume 3, 10.1.3
%include "pm.inc"
case 586, "RDTSC in ring 3 is allowed without CR4.TSD and #GP(0) with it"
  ring3
    rdtsc
    xor eax, eax
    xor edx, edx
  finished
    mov eax, 4
    mov cr4, eax
  ring3
    .bad: rdtsc
  caught PROTECTION, 0, .bad
end_case
