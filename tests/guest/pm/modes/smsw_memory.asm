; [386] 17, SMSW
%include "pm.inc"
case 386, "SMSW writes 16 bits to memory"
    mov dword [SCRATCH], 0xFFFFFFFF
    smsw [SCRATCH]
    check [SCRATCH], 0xFFFF0011
end_case
