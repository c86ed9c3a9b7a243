; [386] 9.3
%include "pm.inc"
case 386, "#NM comes before the operand's fault"
    set_cr0 CR0_TS
    descriptor SLOT1, 0, 0xFF, READ_ONLY
    mov ax, SLOT1
    mov fs, ax
  ring0
    .bad: fnstcw [fs:0x100]
  caught NO_FPU, NONE, .bad
end_case
