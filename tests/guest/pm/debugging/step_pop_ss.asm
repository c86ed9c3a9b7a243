; [386] 17, POP
%include "pm.inc"
case 386, "POP SS holds the trap off for one instruction"
    xor ecx, ecx
  ring0
    push dword DATA32
    pushfd
    or dword [esp], TF_BIT
    popfd
    pop ss
    inc ecx
  .behind:
    inc ecx
  caught DEBUG, NONE, .behind
    check ecx, 1
end_case
