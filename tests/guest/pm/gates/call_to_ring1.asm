; [386] 6.3.4.2; 7.1
%include "pm.inc"
case 386, "a call gate to ring 1 takes ESP1 and SS1 from the TSS"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    descriptor SLOT2, 0, 0xFFFFF, READ_WRITE | DPL1, BIG | PAGES
    gate SLOT3, SLOT1, .there, CALL_GATE32 | DPL3
    mov dword [TSS + 0x0C], STACK1
    mov dword [TSS + 0x10], SLOT2 | 1
  ring3
    call SLOT3:0
  .there:
  finished
    check [seen.cs], SLOT1 | 1
    check [seen.ss], SLOT2 | 1
    check [seen.esp], STACK1 - 16
end_case
