; [386] 17, CALL
%include "pm.inc"
case 386, "an SS in the TSS that is not present makes an inner call #SS(SS selector)"
    descriptor SLOT2, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    descriptor SLOT3, 0, 0xFFFFF, (READ_WRITE | DPL1) & ~PRESENT, BIG | PAGES
    gate SLOT1, SLOT2, .bad, CALL_GATE32 | DPL3
    mov dword [TSS + 0x0C], STACK1
    mov dword [TSS + 0x10], SLOT3 | 1
  ring3
    .bad: call SLOT1:0
  caught STACK_FAULT, SLOT3, .bad
end_case
