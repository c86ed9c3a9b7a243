; [386] 12.3.1.1
%include "pm.inc"
case 386, "breakpoints work in ring 3 and come to ring 0"
    mov eax, .here
    mov dr0, eax
    mov eax, 0x02                       ; G0
    mov dr7, eax
  ring3
    nop
    .here: nop
  caught DEBUG, NONE, .here
    xor eax, eax
    mov dr7, eax
    check [seen.cs], USER_CODE32
end_case
