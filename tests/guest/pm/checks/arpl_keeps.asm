; [386] 17, ARPL
%include "pm.inc"
case 386, "ARPL leaves an RPL that is high enough and clears ZF"
    mov word [SCRATCH], 0x1233
    mov bx, 0xFFF1
    arpl [SCRATCH], bx
    check_flags ZF_BIT, 0
    check16 [SCRATCH], 0x1233
end_case
