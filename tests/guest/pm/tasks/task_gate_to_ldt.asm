; [386] 17, CALL: the TSS must be in the GDT.
%include "pm.inc"
case 386, "a task gate to a selector in the LDT is #GP(selector)"
    ldt_descriptor 0x10, TSS_A, 0x67, AVAIL_TSS32
    gate SLOT2, 0x10 | IN_LDT, 0, TASK_GATE
  ring0
    .bad: call SLOT2:0
  caught PROTECTION, 0x10 | IN_LDT, .bad
end_case
