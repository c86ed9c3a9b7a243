; [386] 12.3.1.1
%include "pm.inc"
case 386, "IRETD with RF set passes an instruction breakpoint once"
    interrupt DEBUG, CODE32, .handler, INT_GATE32
    mov eax, .here
    mov dr1, eax
    mov eax, 0x04                       ; L1
    mov dr7, eax
    xor ecx, ecx
    xor edx, edx
  ring0
    call .here
    call .here
    jmp .out
  .here:
    inc ecx
    ret
  .handler:
    inc edx
    or dword [esp + 8], RF_BIT
    iretd
  .out:
  finished
    xor eax, eax
    mov dr7, eax
    check ecx, 2
    check edx, 2
end_case
