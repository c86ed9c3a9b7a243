; [386] 9.8.4
%include "pm.inc"
case 386, "INTO with OF saves the address behind it and without OF does nothing"
  ring0
    xor eax, eax
    into
    mov al, 0x7F
    add al, 1
    into
  .behind:
  caught OVERFLOW, NONE, .behind
end_case
