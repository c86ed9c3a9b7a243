; [286] 9.8: 0F FF is undefined on every model.
%include "pm16.inc"
case 286, "an opcode that the 286 does not know is #UD"
  ring0
    .bad: db 0x0F, 0xFF
  caught INVALID_OPCODE, NONE, .bad
%if CPU = 286
  ring0
    .prefix: db 0x66, 0x90              ; no operand-size prefix yet
  caught INVALID_OPCODE, NONE, .prefix
%endif
end_case
