; [386] 9.8.5
%include "pm.inc"
case 386, "BOUND outside its limits is #BR at the BOUND"
    mov dword [SCRATCH], -5
    mov dword [SCRATCH + 4], 10
    mov eax, 10
  ring0
    bound eax, [SCRATCH]
    mov eax, -5
    bound eax, [SCRATCH]
    mov eax, 11
    .bad: bound eax, [SCRATCH]
  caught BOUND_RANGE, NONE, .bad
    check eax, 11
end_case
