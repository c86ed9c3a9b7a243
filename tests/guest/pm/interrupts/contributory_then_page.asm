; [386] 9.8.8. The IDT lies across a page border: the gate of vector 13 is the last in the page that is missing.
%include "pm.inc"
case 386, "a page fault while #GP is delivered is a page fault"
    paging
    page WINDOW + 0x1000, FRAME_A | P_PRESENT | P_WRITE
    mov esi, IDT + 14 * 8
    mov edi, WINDOW + 0x1000
    mov ecx, 0x40
    rep movsd
    mov word [SCRATCH], 0x1FF
    mov dword [SCRATCH + 2], WINDOW + 0x1000 - 14 * 8
  ring0
    lidt [SCRATCH]
    .bad: jmp DATA32:0
  caught PAGE_FAULT, 0, .bad
    lidt [idt_pointer]
    check [seen.cr2], WINDOW + 0x1000 - 8
end_case
