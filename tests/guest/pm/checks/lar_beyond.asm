; [386] 17, LAR
%include "pm.inc"
case 386, "LAR beyond the table's limit clears ZF without a fault"
    mov ax, 0xFFF8
  ring0
    lar ebx, eax
    setz cl
  finished
    check8 cl, 0
end_case
