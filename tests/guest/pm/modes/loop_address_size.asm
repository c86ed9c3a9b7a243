; [386] 17, LOOP
%include "pm.inc"
case 386, "LOOP counts ECX, with an address-size prefix CX"
    mov ecx, 0x10001
    xor eax, eax
  ring0
    a16 loop .no
    jmp .out
  .no:
    mov eax, 1
  .out:
  finished
    check eax, 0
    check ecx, 0x10000
end_case
