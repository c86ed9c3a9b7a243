; [386] 17, IRET: "local/global bit must be global, ELSE #TS(new TSS selector)"
%include "pm.inc"
case 386, "IRET with NT and a back link in the LDT is #TS(selector)"
    mov word [TSS], 0x10 | IN_LDT
  ring0 NT_BIT
    .bad: iretd
  caught BAD_TSS, 0x10 | IN_LDT, .bad
end_case
