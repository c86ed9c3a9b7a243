; [386] 12.3.1.2
%include "pm.inc"
case 386, "a data breakpoint for reads and writes traps behind a read"
    xor eax, eax
    mov dr6, eax
    mov eax, SCRATCH + 2
    mov dr3, eax
    mov eax, 0x70000080                 ; G3, read or write, 2 bytes
    mov dr7, eax
    mov dword [SCRATCH + 8], 1
  ring0
    mov al, [SCRATCH + 4]
    mov al, [SCRATCH + 1]
    mov eax, [SCRATCH]
  .behind:
    nop
  caught DEBUG, NONE, .behind
    xor eax, eax
    mov dr7, eax
    mov eax, [seen.dr6]
    and eax, 0xE00F
    check eax, 8
end_case
