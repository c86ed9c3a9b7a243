; [386] 15.1.2
%include "pm.inc"
case 386, "in V86 a dword at FFFEh is #GP(0), on the stack #SS(0)"
  v86 IOPL3
    .bad: mov eax, [0xFFFE]
  caught PROTECTION, 0, .bad
  v86 IOPL3
    mov bp, 0xFFFF
    .worse: mov ax, [bp]
  caught STACK_FAULT, 0, .worse
end_case
