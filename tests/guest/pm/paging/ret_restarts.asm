; [386] 9.8.14
%include "pm.inc"
case 386, "RET from a missing page leaves EIP and ESP"
    paging
  ring3
    mov esp, WINDOW
    .bad: ret 8
  caught PAGE_FAULT, PF_USER, .bad
    check [seen.esp], WINDOW
end_case
