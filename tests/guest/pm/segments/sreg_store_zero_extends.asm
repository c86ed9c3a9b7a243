; [386] 17, PUSH; the upper half of the dword is not defined before the pentium pro.
%include "pm.inc"
case 386, "PUSH of a segment register and POP give the selector back"
  ring0
    push es
    pop ecx
    mov dx, fs
  finished
    check16 cx, DATA32
    check16 dx, DATA32
end_case
