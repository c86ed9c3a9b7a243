; [486] 26, BSWAP
%include "pm.inc"
case 486, "BSWAP turns the bytes of a register round"
    mov eax, 0x12345678
    bswap eax
    check eax, 0x78563412
end_case
