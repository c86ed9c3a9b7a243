; [386] 12.3.1.2: repeated string instructions trap after the iteration.
%include "pm.inc"
case 386, "a watched byte stops REP STOSB behind the step that wrote it"
    mov eax, SCRATCH + 2
    mov dr0, eax
    mov eax, 0x00010001                 ; L0, write, 1 byte
    mov dr7, eax
    mov edi, SCRATCH
    mov ecx, 6
    mov al, 0x55
  ring0
    .rep: rep stosb
  caught DEBUG, NONE, .rep
    xor eax, eax
    mov dr7, eax
    check ecx, 3
    check edi, SCRATCH + 3
end_case
