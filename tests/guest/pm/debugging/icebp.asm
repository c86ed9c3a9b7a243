; The opcode is not in the manuals; later ones (INT1) say so.
%include "pm.inc"
case 386, "F1h is a debug trap behind itself without DR6.BS"
    xor eax, eax
    mov dr6, eax
  ring0
    db 0xF1
  .behind:
    nop
  caught DEBUG, NONE, .behind
    mov eax, [seen.dr6]
    and eax, 0xE00F
    check eax, 0
end_case
