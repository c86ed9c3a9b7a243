; [386] 17, LGDT
%include "pm.inc"
case 386, "LGDT with a 16-bit operand loads 24 bits of base"
    mov word [SCRATCH], GDT_LIMIT
    mov dword [SCRATCH + 2], 0xFF000000 | GDT
  ring0
    o16 lgdt [SCRATCH]
    mov ax, DATA32
    mov fs, ax
    sgdt [SCRATCH + 8]
  finished
    check [SCRATCH + 10], GDT
end_case
