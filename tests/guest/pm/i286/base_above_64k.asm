; [286] 6.3
%include "pm16.inc"
case 286, "a descriptor's base has 24 bits"
    descriptor SLOT1, 0x30000, 0xFFFF, READ_WRITE
    mov ax, SLOT1
  ring0
    mov es, ax
    mov word [es:0], 0x1234
    mov ds, ax
    mov bx, [0]
  finished
    check bx, 0x1234
end_case
