; [386] 15.1.2
%include "pm.inc"
case 386, "in V86 a 32-bit address above FFFFh is #GP(0)"
  v86 IOPL3
    mov ebx, 0x10000
    .bad: mov al, [ebx]
  caught PROTECTION, 0, .bad
end_case
