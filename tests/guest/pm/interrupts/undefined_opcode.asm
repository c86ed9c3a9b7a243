; [386] 9.8.6
%include "pm.inc"
case 386, "an undefined opcode is #UD at its first byte"
  ring0
    .bad: db 0x66, 0x0F, 0xFF
  caught INVALID_OPCODE, NONE, .bad
end_case
