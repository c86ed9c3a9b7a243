; [386] 11.2
%include "pm.inc"
case 386, "an ESC instruction with EM set is #NM"
    set_cr0 CR0_EM
  ring0
    .bad: fld1
  caught NO_FPU, NONE, .bad
end_case
