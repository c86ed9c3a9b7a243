; [386] 9.6.1
%include "pm.inc"
case 386, "a handler of ring 1 gets the TSS's ring 1 stack"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    descriptor SLOT2, 0, 0xFFFFF, READ_WRITE | DPL1, BIG | PAGES
    mov dword [TSS + 0x0C], STACK1
    mov dword [TSS + 0x10], SLOT2 | 1
    interrupt 0x31, SLOT1, .there, INT_GATE32 | DPL3
  ring3
    int 0x31
  .there:
  finished
    check [seen.cs], SLOT1 | 1
    check [seen.esp], STACK1 - 20
end_case
