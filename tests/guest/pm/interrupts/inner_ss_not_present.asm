; [386] 17, INT
%include "pm.inc"
case 386, "an inner SS that is not present makes INT n #SS(SS selector)"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    descriptor SLOT2, 0, 0xFFFFF, (READ_WRITE | DPL1) & ~PRESENT, BIG | PAGES
    mov dword [TSS + 0x0C], STACK1
    mov dword [TSS + 0x10], SLOT2 | 1
    interrupt 0x31, SLOT1, .bad, INT_GATE32 | DPL3
  ring3
    .bad: int 0x31
  caught STACK_FAULT, SLOT2, .bad
end_case
