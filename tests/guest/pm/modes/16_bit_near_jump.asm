; [386] 17, JMP
%include "pm.inc"
case 386, "a near jump with a 16-bit operand clears the upper half of EIP"
    descriptor SLOT1, 0, 0xFFFFF, EXEC_READ, BIG | PAGES
    mov dword [0x30000], 0x90E0FF66     ; JMP AX
    mov eax, .there
    add eax, 0x50000
  ring0
    jmp SLOT1:0x30000
  .there:
  finished
    check [seen.cs], SLOT1
end_case
