; [386] 17, LTR
%include "pm.inc"
case 386, "LTR of a null selector is #GP(0)"
    xor eax, eax
  ring0
    .bad: ltr ax
  caught PROTECTION, 0, .bad
end_case
