; [386] 7.5
%include "pm.inc"
case 386, "JMP to a TSS with DPL below CPL is #GP(selector)"
    task32 SLOT1, TSS_A, .bad, STACK_TASK
  ring3
    .bad: jmp SLOT1:0
  caught PROTECTION, SLOT1, .bad
end_case
