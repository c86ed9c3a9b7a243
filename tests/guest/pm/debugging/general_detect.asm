; [386] 12.3.1.3
%include "pm.inc"
case 386, "with GD set a MOV of a debug register is #DB with DR6.BD, and GD is cleared"
    xor eax, eax
    mov dr6, eax
    mov eax, 0x2000
    mov dr7, eax
  ring0
    .bad: mov eax, dr0
  caught DEBUG, NONE, .bad
    mov ebx, dr7
    xor eax, eax
    mov dr7, eax
    and ebx, 0x2000
    check ebx, 0
    mov eax, [seen.dr6]
    and eax, 0xE00F
    check eax, 0x2000
end_case
