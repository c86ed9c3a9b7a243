; [386] 6.3.5
%include "pm.inc"
case 386, "CLTS in ring 3 is #GP(0)"
    set_cr0 CR0_TS
  ring3
    .bad: clts
  caught PROTECTION, 0, .bad
    mov eax, cr0
    check eax, 0x11 | CR0_TS
end_case
