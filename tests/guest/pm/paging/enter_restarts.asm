; [386] 9.8.14
%include "pm.inc"
case 386, "ENTER whose push faults leaves ESP and EBP"
    paging
    mov ebp, 0x55
  ring3
    mov esp, WINDOW + 0x1000
    .bad: enter 16, 0
  caught PAGE_FAULT, PF_USER | PF_WRITE, .bad
    check [seen.esp], WINDOW + 0x1000
    check ebp, 0x55
end_case
