; [386] 8.3.2. The map of the case's TSS has the ports up to 3FFh.
%include "pm.inc"
case 386, "a port whose bit lies beyond the TSS's limit is #GP(0)"
    mov edi, TSS + 0x68
    mov ecx, 0x100
    xor eax, eax
    rep stosb
    mov edx, 0x408
  ring3
    out 0x80, al
    .bad: in al, dx
  caught PROTECTION, 0, .bad
end_case
