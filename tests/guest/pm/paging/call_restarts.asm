; [386] 9.8.14
%include "pm.inc"
case 386, "CALL whose push faults leaves EIP and ESP"
    paging
  ring3
    mov esp, WINDOW + 0x1000
    .bad: call .target
  .target:
  caught PAGE_FAULT, PF_USER | PF_WRITE, .bad
    check [seen.esp], WINDOW + 0x1000
end_case
