; [386] 17, LLDT
%include "pm.inc"
case 386, "LLDT takes another LDT into use and SLDT tells it"
    descriptor SLOT1, 0x30000, 0xFF, LDT_TYPE
    table_descriptor 0x30000 + 8, SCRATCH, 0xFF, READ_WRITE
    mov dword [SCRATCH], 0x1234
    mov ax, SLOT1
    lldt ax
    sldt ebx
    check16 bx, SLOT1
    mov ax, 0x08 | IN_LDT
    mov fs, ax
    mov ecx, [fs:0]
    check ecx, 0x1234
end_case
