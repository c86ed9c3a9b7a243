; [386] 16.4
%include "pm.inc"
case 386, "a far call with a 32-bit operand leads from 16-bit to 32-bit code and back"
  ring0_16
    call dword CODE32:.there
    jmp .out
    bits 32
  .there:
    mov ebx, [esp]
    mov ecx, cs
    retf
    bits 16
  .out:
  finished
    check16 cx, CODE32
    check [seen.cs], CODE16
end_case
