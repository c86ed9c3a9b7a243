; [386] 6.3.1.2
%include "pm.inc"
case 386, "an instruction that the code segment's limit cuts is #GP(0) at its first byte"
    descriptor SLOT1, 0x30000, 4, EXEC_READ, BIG
    mov dword [0x30000], 0x00B89090     ; NOP, NOP, MOV EAX,imm32
    mov word [0x30007], 0x30CD          ; INT BACK
  ring0
    jmp SLOT1:0
  caught PROTECTION, 0, 2
end_case
