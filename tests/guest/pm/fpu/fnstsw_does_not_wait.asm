; [486] 18.2
%include "pm.inc"
case 486, "FNSTSW and FNCLEX look past a pending error"
    set_cr0 CR0_NE
    fninit
    mov word [SCRATCH], 0x033B
    fldcw [SCRATCH]
  ring0
    fldz
    fld1
    fdivrp
    fnstsw ax
    fnclex
    fwait
    and eax, 0x84
  finished
    check eax, 0x84
    fninit
end_case
