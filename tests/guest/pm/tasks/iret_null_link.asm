; [386] 17, IRET: the link must be a TSS in the GDT.
%include "pm.inc"
case 386, "IRET with NT and a null back link is #TS(0)"
    mov word [TSS], 0
  ring0 NT_BIT
    .bad: iretd
  caught BAD_TSS, 0, .bad
end_case
