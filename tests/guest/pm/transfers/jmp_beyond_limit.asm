; [386] 17, JMP: "Instruction pointer within code-segment limit ELSE #GP(0)"
%include "pm.inc"
case 386, "a far JMP beyond the new segment's limit is #GP(0) at the JMP"
    descriptor SLOT1, 0x30000, 0xFF, EXEC_READ, BIG
    mov word [0x30100], 0x30CD          ; INT BACK
  ring0
    .bad: jmp SLOT1:0x100
  caught PROTECTION, 0, .bad
    check [seen.cs], CODE32
end_case
