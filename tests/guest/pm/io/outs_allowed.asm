; [386] 8.3.2
%include "pm.inc"
case 386, "REP OUTSB in ring 3 goes where the map allows"
    and byte [TSS + 0x68 + 0x80 / 8], ~1
    mov ecx, 5
    mov esi, SCRATCH
    mov edx, 0x80
  ring3
    rep outsb
  finished
    check ecx, 0
    check esi, SCRATCH + 5
end_case
