; [386] 5.1.1
%include "pm.inc"
case 386, "loading a segment register sets the accessed bit in the descriptor"
    descriptor SLOT1, 0, 0xFFFF, READ_WRITE
    descriptor SLOT2, 0, 0xFFFF, READ_WRITE
    descriptor SLOT3, 0, 0xFFFF, EXEC_READ, BIG
    mov ax, SLOT1
    mov fs, ax
    check8 [GDT + SLOT1 + 5], READ_WRITE | ACCESSED
    mov ax, SLOT2
    mov ss, ax
    check8 [GDT + SLOT2 + 5], READ_WRITE | ACCESSED
    mov ax, DATA32
    mov ss, ax
    jmp SLOT3:.there
.there:
    check8 [GDT + SLOT3 + 5], EXEC_READ | ACCESSED
    jmp CODE32:.back
.back:
end_case
