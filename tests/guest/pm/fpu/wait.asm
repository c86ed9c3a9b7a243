; [386] 11.2
%include "pm.inc"
case 386, "WAIT is #NM only with both MP and TS"
    set_cr0 CR0_TS
  ring0
    wait
  finished
    clear_cr0 CR0_TS
    set_cr0 CR0_MP | CR0_EM
  ring0
    wait
  finished
    clear_cr0 CR0_EM
    set_cr0 CR0_TS
  ring0
    .bad: wait
  caught NO_FPU, NONE, .bad
end_case
