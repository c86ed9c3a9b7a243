; [486] 18.2
%include "pm.inc"
case 486, "with NE set an unmasked error is #MF at the next waiting instruction"
    set_cr0 CR0_NE
    fninit
    mov word [SCRATCH], 0x033B          ; division by zero unmasked
    fldcw [SCRATCH]
  ring0
    fldz
    fld1
    fdivrp
    nop
    .bad: fwait
  caught FPU_ERROR, NONE, .bad
    fnclex
  ring0
    fld1
  finished
    fninit
end_case
