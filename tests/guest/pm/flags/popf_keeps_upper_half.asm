; [386] 17, POPF
%include "pm.inc"
case 386, "POPF with a 16-bit operand and PUSHF handle the lower half only"
  ring0
    mov eax, esp
    pushfw
    sub eax, esp
    push word 2 | NT_BIT
    popfw
    pushfd
    pop ebx
  finished
    check eax, 2
    and ebx, NT_BIT
    check ebx, NT_BIT
end_case
