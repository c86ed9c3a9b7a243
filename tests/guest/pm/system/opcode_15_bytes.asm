; [386] 9.8.13: "exceeding the instruction length limit of 15 bytes"
%include "pm.inc"
case 386, "an instruction longer than 15 bytes is #GP(0)"
  ring0
    .bad:
    times 14 db 0x3E                    ; DS:
    mov al, bl
  caught PROTECTION, 0, .bad
  ring0
    times 13 db 0x3E
    mov al, bl
  finished
end_case
