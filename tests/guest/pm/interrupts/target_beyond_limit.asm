; [386] 17, INT
%include "pm.inc"
case 386, "INT n through a gate beyond its segment's limit is #GP(0)"
    descriptor SLOT1, 0x30000, 0xFF, EXEC_READ, BIG
    mov word [0x30100], 0x30CD          ; INT BACK
    interrupt 0x31, SLOT1, 0x100, INT_GATE32
  ring0
    .bad: int 0x31
  caught PROTECTION, 0, .bad
end_case
