; [386] 9.6.1.1
%include "pm.inc"
case 386, "INT n through a task gate with DPL below CPL is #GP(vector * 8 + IDT)"
    task32 SLOT1, TSS_A, .bad, STACK_TASK
    interrupt 0x31, SLOT1, 0, TASK_GATE
  ring3
    .bad: int 0x31
  caught PROTECTION, 0x31 * 8 + IDT_BIT, .bad
end_case
