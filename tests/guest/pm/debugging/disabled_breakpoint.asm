; [386] 12.2
%include "pm.inc"
case 386, "a breakpoint that DR7 does not enable does nothing"
    mov eax, .here
    mov dr0, eax
    mov eax, SCRATCH
    mov dr1, eax
    mov eax, 0x00300000                 ; DR1: read or write, nothing enabled
    mov dr7, eax
  ring0
    .here: mov eax, [SCRATCH]
  finished
end_case
