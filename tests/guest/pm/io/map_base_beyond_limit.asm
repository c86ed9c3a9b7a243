; [386] 8.3.2
%include "pm.inc"
case 386, "an I/O map base beyond the TSS's limit refuses every port"
    mov edi, TSS + 0x68
    mov ecx, 0x80
    xor eax, eax
    rep stosb
    mov word [TSS + 0x66], 0x200
  ring3
    .bad: out 0x80, al
  caught PROTECTION, 0, .bad
end_case
