; [386] 5.1.4
%include "pm.inc"
case 386, "changing a descriptor in memory changes nothing until it is loaded again"
    descriptor SLOT1, SCRATCH, 0xFF, READ_WRITE
    mov dword [SCRATCH], 1
    mov dword [SCRATCH + 0x100], 2
    mov ax, SLOT1
    mov fs, ax
    descriptor SLOT1, SCRATCH + 0x100, 0xFF, READ_WRITE & ~PRESENT
  ring0
    mov ebx, [fs:0]
  finished
    check ebx, 1
    access SLOT1, READ_WRITE
  ring0
    mov fs, ax
    mov ebx, [fs:0]
  finished
    check ebx, 2
end_case
