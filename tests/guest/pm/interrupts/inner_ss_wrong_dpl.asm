; [386] 17, INT
%include "pm.inc"
case 386, "a bad inner SS in the TSS makes INT n #TS(SS selector)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    mov dword [TSS + 0x0C], STACK1
    mov dword [TSS + 0x10], DATA32 | 1
    interrupt 0x31, SLOT1, .bad, INT_GATE32 | DPL3
  ring3
    .bad: int 0x31
  caught BAD_TSS, DATA32, .bad
end_case
