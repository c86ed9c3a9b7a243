; [386] 6.3.1.2
%include "pm.inc"
case 386, "running past the code segment's limit is #GP(0) at the next instruction"
    descriptor SLOT1, 0x30000, 3, EXEC_READ, BIG
    mov dword [0x30000], 0x90909090
    mov word [0x30004], 0x30CD          ; INT BACK
  ring0
    jmp SLOT1:0
  caught PROTECTION, 0, 4
    check [seen.cs], SLOT1
end_case
