; [386] 12.3.1.1
%include "pm.inc"
case 386, "an instruction breakpoint faults before the instruction with DR6.B0"
    xor eax, eax
    mov dr6, eax
    mov eax, .here
    mov dr0, eax
    mov eax, 0x01                       ; L0, execute
    mov dr7, eax
    xor ecx, ecx
  ring0
    inc ecx
    .here: inc ecx
  caught DEBUG, NONE, .here
    xor eax, eax
    mov dr7, eax
    check ecx, 1
    mov eax, [seen.dr6]
    and eax, 0xE00F
    check eax, 1
    mov eax, [seen.eflags]
    and eax, RF_BIT
    check eax, 0                        ; alone among the faults: its handler has to set RF
end_case
