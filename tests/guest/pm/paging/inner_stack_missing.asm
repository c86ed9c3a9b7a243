; [386] 9.8.14. INT to ring 1, so that ring 0 still has its stack.
%include "pm.inc"
case 386, "an inner stack in a missing page is #PF(W) with nothing pushed"
    paging
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    descriptor SLOT2, 0, 0xFFFFF, READ_WRITE | DPL1, BIG | PAGES
    mov dword [TSS + 0x0C], WINDOW + 0x1000
    mov dword [TSS + 0x10], SLOT2 | 1
    interrupt 0x31, SLOT1, .bad, INT_GATE32 | DPL3
  ring3
    .bad: int 0x31
  close_block
    check [seen.vector], PAGE_FAULT
    mov eax, [seen.error]
    and eax, PF_WRITE | PF_PRESENT
    check eax, PF_WRITE
    check [seen.eip], .bad
    check [seen.cs], USER_CODE32
    check [seen.esp], STACK3
end_case
