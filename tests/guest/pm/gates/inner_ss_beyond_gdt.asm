; [386] 17, CALL
%include "pm.inc"
case 386, "an SS in the TSS beyond the GDT's limit makes an inner call #TS(SS selector)"
    descriptor SLOT2, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    gate SLOT1, SLOT2, .bad, CALL_GATE32 | DPL3
    mov dword [TSS + 0x0C], STACK1
    mov dword [TSS + 0x10], 0xFFF8 | 1
  ring3
    .bad: call SLOT1:0
  caught BAD_TSS, 0xFFF8, .bad
end_case
