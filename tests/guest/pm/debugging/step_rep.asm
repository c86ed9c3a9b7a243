; [386] 17, REP; 12.3.1.4
%include "pm.inc"
case 386, "TF traps after each step of a REP instruction"
    mov esi, SCRATCH
    mov edi, SCRATCH + 16
    mov ecx, 3
  ring0
    pushfd
    or dword [esp], TF_BIT
    popfd
    .rep: rep movsb
    nop
  caught DEBUG, NONE, .rep
    check ecx, 2
    check esi, SCRATCH + 1
end_case
