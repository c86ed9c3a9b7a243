; [386] 12.3.1.4; 17, MOV
%include "pm.inc"
case 386, "MOV SS holds the trap off for one instruction"
    mov ax, DATA32
    xor ecx, ecx
  ring0
    pushfd
    or dword [esp], TF_BIT
    popfd
    mov ss, ax
    inc ecx
  .behind:
    inc ecx
  caught DEBUG, NONE, .behind
    check ecx, 1
end_case
