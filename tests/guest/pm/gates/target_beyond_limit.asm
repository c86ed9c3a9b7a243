; [386] 17, CALL
%include "pm.inc"
case 386, "a call gate beyond its segment's limit is #GP(0)"
    descriptor SLOT1, 0x30000, 0xFF, EXEC_READ, BIG
    mov word [0x30100], 0x30CD          ; INT BACK
    gate SLOT2, SLOT1, 0x100, CALL_GATE32
  ring0
    .bad: call SLOT2:0
  caught PROTECTION, 0, .bad
end_case
