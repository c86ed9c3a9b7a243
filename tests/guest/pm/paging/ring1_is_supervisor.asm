; [386] 6.4.1.1
%include "pm.inc"
case 386, "rings 0 to 2 are the supervisor's"
    paging
    page WINDOW, FRAME_A | P_PRESENT
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ | DPL2, BIG | PAGES
    descriptor SLOT2, 0, 0xFFFFF, READ_WRITE | DPL2, BIG | PAGES
  ring0
    push dword SLOT2 | 2
    push dword STACK2
    push dword 2
    push dword SLOT1 | 2
    push dword .there
    iretd
  .there:
    mov ax, SLOT2 | 2
    mov ds, ax
    mov [WINDOW], eax
  finished
    check [seen.cs], SLOT1 | 2
    check16 [FRAME_A], SLOT2 | 2
end_case
