; [386] 17, MOV
%include "pm.inc"
case 386, "MOV to CS is #UD"
    mov ax, CODE32
  ring0
    .bad: db 0x8E, 0xC8                 ; MOV CS,AX
  caught INVALID_OPCODE, NONE, .bad
end_case
