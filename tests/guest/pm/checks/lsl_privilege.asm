; [386] 17, LSL
%include "pm.inc"
case 386, "LSL of a ring 0 segment clears ZF in ring 3"
  ring3
    mov ax, TSS_SEL
    mov ebx, 0x77
    lsl ebx, eax
    setz cl
  finished
    check8 cl, 0
    check ebx, 0x77
end_case
