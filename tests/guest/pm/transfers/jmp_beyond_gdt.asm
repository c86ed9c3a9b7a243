; [386] 17, JMP
%include "pm.inc"
case 386, "a far JMP to a selector beyond the limit is #GP(selector)"
  ring0
    .bad: jmp 0xFFF8:0
  caught PROTECTION, 0xFFF8, .bad
end_case
