; [486] 9.9.14
%include "pm.inc"
case 486, "no alignment check below ring 3"
    set_cr0 CR0_AM
  ring0 AC_BIT
    mov eax, [SCRATCH + 1]
    mov [SCRATCH + 3], ax
  finished
end_case
