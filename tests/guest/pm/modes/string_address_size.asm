; [386] 17, MOVS
%include "pm.inc"
case 386, "an address-size prefix makes MOVSB use SI, DI and CX"
    mov byte [SCRATCH], 0x77
    mov esi, 0x70000 + SCRATCH
    mov edi, 0x70000 + SCRATCH + 8
    mov ecx, 0x10001
  ring0
    a16 rep movsb
  finished
    check8 [SCRATCH + 8], 0x77
    check esi, 0x70000 + SCRATCH + 1
    check edi, 0x70000 + SCRATCH + 9
    check ecx, 0x10000
end_case
