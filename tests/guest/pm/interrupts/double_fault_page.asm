; [386] 9.8.8. The IDT lies across a page border: the gate of vector 14 is the first in the page that is missing.
%include "pm.inc"
case 386, "a page fault while a page fault is delivered is #DF"
    paging
    page WINDOW, FRAME_A | P_PRESENT | P_WRITE
    mov esi, IDT
    mov edi, WINDOW + 0x1000 - 14 * 8
    mov ecx, 14 * 2
    rep movsd
    mov word [SCRATCH], 0x1FF
    mov dword [SCRATCH + 2], WINDOW + 0x1000 - 14 * 8
  ring0
    lidt [SCRATCH]
    mov eax, [WINDOW + 0x5000]
  close_block
    lidt [idt_pointer]
    check [seen.vector], DOUBLE_FAULT
    check [seen.error], 0
    check [seen.cr2], WINDOW + 0x1000
end_case
