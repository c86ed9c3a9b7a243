; [386] 16.2
%include "pm.inc"
case 386, "in a 16-bit code segment operands and addresses are 16 bits and prefixes make them 32"
    mov ebx, 0x11110000 + SCRATCH
    mov ecx, SCRATCH + 4
    mov dword [SCRATCH], 0x87654321
    mov dword [SCRATCH + 4], 0x0ABCDEF0
    xor edx, edx
    xor esi, esi
  ring0_16
    mov dx, [bx]
    mov esi, [ecx]
  finished
    check edx, 0x4321
    check esi, 0x0ABCDEF0
    check [seen.cs], CODE16
end_case
