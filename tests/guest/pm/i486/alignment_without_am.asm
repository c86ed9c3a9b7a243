; [486] 9.9.14
%include "pm.inc"
case 486, "no alignment check without AM or without AC"
  ring3 AC_BIT
    mov eax, [SCRATCH + 1]
  finished
    set_cr0 CR0_AM
  ring3
    mov eax, [SCRATCH + 1]
  finished
end_case
