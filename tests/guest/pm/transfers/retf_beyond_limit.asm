; [386] 17, RET
%include "pm.inc"
case 386, "RETF beyond the code segment's limit is #GP(0)"
    descriptor SLOT1, 0x30000, 0xFF, EXEC_READ, BIG
    mov word [0x30100], 0x30CD          ; INT BACK
  ring0
    push dword SLOT1
    push dword 0x100
    .bad: retf
  caught PROTECTION, 0, .bad
    check [seen.cs], CODE32
end_case
