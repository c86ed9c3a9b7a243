; [386] 14.1
%include "pm.inc"
case 386, "real mode has all privileges"
  real
    mov eax, cr0
    mov ebx, dr7
    cli
    clts
    lmsw ax
  finished
    and eax, 1
    check eax, 0
end_case
