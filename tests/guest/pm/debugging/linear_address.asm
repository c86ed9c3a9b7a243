; [386] 12.2.1
%include "pm.inc"
case 386, "breakpoints compare linear addresses"
    descriptor SLOT1, SCRATCH - 0x100, 0xFFFF, READ_WRITE
    mov eax, SCRATCH
    mov dr0, eax
    mov eax, 0x00030001                 ; L0, read or write, 1 byte
    mov dr7, eax
    mov ax, SLOT1
  ring0
    mov fs, ax
    mov bl, [fs:0x100]
  .behind:
    nop
  caught DEBUG, NONE, .behind
    xor eax, eax
    mov dr7, eax
end_case
