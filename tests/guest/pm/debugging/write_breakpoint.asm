; [386] 12.3.1.2
%include "pm.inc"
case 386, "a write breakpoint traps behind the write; reads pass"
    xor eax, eax
    mov dr6, eax
    mov eax, SCRATCH
    mov dr2, eax
    mov eax, 0x0D000010                 ; L2, write, 4 bytes
    mov dr7, eax
  ring0
    mov eax, [SCRATCH]
    mov byte [SCRATCH + 3], 0x66
  .behind:
    nop
  caught DEBUG, NONE, .behind
    xor eax, eax
    mov dr7, eax
    check8 [SCRATCH + 3], 0x66
    mov eax, [seen.dr6]
    and eax, 0xE00F
    check eax, 4
end_case
