; [386] 17, LLDT
%include "pm.inc"
case 386, "LLDT of a null selector is allowed"
  ring0
    xor eax, eax
    lldt ax
    sldt ebx
  finished
    check16 bx, 0
end_case
