; [386] 17, LAR
%include "pm.inc"
case 386, "LAR respects CPL and RPL and clears ZF instead of a fault"
  ring3
    mov ax, DATA32
    mov ebx, 0x77
    lar ebx, eax
    setz cl
  finished
    check8 cl, 0
    check ebx, 0x77
    mov ax, DATA32 | 3
    lar ebx, eax
    check_flags ZF_BIT, 0
end_case
