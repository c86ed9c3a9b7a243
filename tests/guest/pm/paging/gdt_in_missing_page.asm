; [386] 6.4.1.1: table accesses count as of ring 0.
%include "pm.inc"
case 386, "a descriptor in a missing page is #PF as a supervisor's read, in ring 3 too"
    paging
    mov esi, GDT
    mov edi, FRAME_A
    mov ecx, 0x200 / 4
    rep movsd
    page WINDOW + 0x1000, FRAME_A | P_PRESENT | P_WRITE
    mov word [SCRATCH], 0x11FF
    mov dword [SCRATCH + 2], WINDOW + 0x1000
    lgdt [SCRATCH]
    mov eax, 0x1000 | 3
  ring3
    .bad: mov ds, ax
  caught PAGE_FAULT, 0, .bad
    lgdt [gdt_pointer]
    check [seen.cr2], WINDOW + 0x2000
end_case
