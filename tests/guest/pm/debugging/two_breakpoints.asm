; [386] 12.2.3
%include "pm.inc"
case 386, "one instruction that meets two data breakpoints sets both bits of DR6"
    xor eax, eax
    mov dr6, eax
    mov eax, SCRATCH
    mov dr0, eax
    add eax, 4
    mov dr1, eax
    mov eax, 0x00FF0005                 ; L0, L1, read or write, 4 bytes
    mov dr7, eax
    mov esi, SCRATCH
    mov edi, SCRATCH + 4
  ring0
    movsd
  .behind:
    nop
  caught DEBUG, NONE, .behind
    xor eax, eax
    mov dr7, eax
    mov eax, [seen.dr6]
    and eax, 15
    check eax, 3
end_case
