; [386] 17, INT
%include "pm.inc"
case 386, "INT n through anything but an interrupt, trap or task gate is #GP(vector * 8 + IDT)"
    interrupt 0x31, CODE32, .bad, CALL_GATE32
  ring0
    .bad: int 0x31
  caught PROTECTION, 0x31 * 8 + IDT_BIT, .bad
    interrupt 0x32, CODE32, .worse, READ_WRITE
  ring0
    .worse: int 0x32
  caught PROTECTION, 0x32 * 8 + IDT_BIT, .worse
end_case
