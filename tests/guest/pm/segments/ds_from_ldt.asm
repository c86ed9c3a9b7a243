; [386] 5.1.3
%include "pm.inc"
case 386, "a selector with TI names a descriptor in the LDT"
    ldt_descriptor 0x18, SCRATCH, 0xFFF, READ_WRITE
    mov dword [SCRATCH], 0xABCD1234
    mov ax, 0x18 | IN_LDT
  ring0
    mov ds, ax
    mov ebx, [0]
  finished
    check ebx, 0xABCD1234
    check [seen.ds], 0x18 | IN_LDT
end_case
