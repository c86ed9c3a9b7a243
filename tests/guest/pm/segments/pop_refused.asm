; [386] 17, POP
%include "pm.inc"
case 386, "POP of a bad selector leaves ESP where it was"
    descriptor SLOT1, 0, 0xFFFF, READ_WRITE & ~PRESENT
  ring0
    push dword SLOT1
    .bad: pop fs
  caught NOT_PRESENT, SLOT1, .bad
    check [seen.esp], STACK0 - 4
end_case
