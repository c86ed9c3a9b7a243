; [386] 14.1, 10.5: the descriptor caches keep what they have.
%include "pm.inc"
case 386, "a 4 GB limit loaded in protected mode survives in real mode"
    mov dword [0x30000], 0x12345678
  real
    mov ebx, 0x30000
    mov eax, [fs:ebx]
  finished
    check eax, 0x12345678
end_case
