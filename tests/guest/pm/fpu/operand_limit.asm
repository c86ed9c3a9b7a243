; [486] 9.9.12: the 486 has no interrupt 9.
%include "pm.inc"
case 486, "an x87 operand beyond the limit is #GP(0)"
    descriptor SLOT1, SCRATCH, 0xFF, READ_WRITE
    mov ax, SLOT1
    mov fs, ax
    fninit
    fld1
  ring0
    .bad: fst qword [fs:0xFC]
  caught PROTECTION, 0, .bad
    fninit
end_case
