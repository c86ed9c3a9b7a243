; [386] 9.8.14
%include "pm.inc"
case 386, "a page fault keeps CR2 when others follow"
    paging
  ring0
    .bad: mov eax, [WINDOW + 4]
  caught PAGE_FAULT, 0, .bad
  ring0
    .worse: ud2
  caught INVALID_OPCODE, NONE, .worse
    mov eax, cr2
    check eax, WINDOW + 4
end_case
