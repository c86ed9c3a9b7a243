; [386] 9.8.14
%include "pm.inc"
case 386, "POP to a missing page leaves ESP"
    paging
  ring3
    push dword 0x1234
    .bad: pop dword [WINDOW]
  caught PAGE_FAULT, PF_USER | PF_WRITE, .bad
    check [seen.esp], STACK3 - 4
end_case
