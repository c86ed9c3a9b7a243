; [386] 17, JMP
%include "pm.inc"
case 386, "a near JMP beyond the limit is #GP(0) at the JMP"
    descriptor SLOT1, 0x30000, 0xFF, EXEC_READ, BIG
    mov dword [0x30000], 0x90E0FF90     ; NOP, JMP EAX
    mov word [0x30100], 0x30CD          ; INT BACK
    mov eax, 0x100
  ring0
    jmp SLOT1:0
  caught PROTECTION, 0, 1
end_case
