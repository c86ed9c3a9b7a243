; [386] 17, IRET
%include "pm.inc"
case 386, "IRET with NT and a back link that names no busy TSS is #TS(selector)"
    task32 SLOT1, TSS_A, .bad, STACK_TASK
    mov word [TSS], SLOT1
  ring0 NT_BIT
    .bad: iretd
  caught BAD_TSS, SLOT1, .bad
    check [seen.tr], TSS_SEL
end_case
