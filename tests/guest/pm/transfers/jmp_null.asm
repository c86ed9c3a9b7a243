; [386] 17, JMP
%include "pm.inc"
case 386, "a far JMP to a null selector is #GP(0)"
  ring0
    .bad: jmp 0:0
  caught PROTECTION, 0, .bad
end_case
