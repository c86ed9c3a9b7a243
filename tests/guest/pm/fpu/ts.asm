; [386] 11.2
%include "pm.inc"
case 386, "an ESC instruction with TS set is #NM"
    set_cr0 CR0_TS
  ring0
    .bad: fninit
  caught NO_FPU, NONE, .bad
  ring3
    .worse: fninit
  caught NO_FPU, NONE, .worse
end_case
