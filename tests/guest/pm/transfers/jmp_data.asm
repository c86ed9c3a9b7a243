; [386] 17, JMP
%include "pm.inc"
case 386, "a far JMP to a data segment is #GP(selector)"
  ring0
    .bad: jmp DATA32:0
  caught PROTECTION, DATA32, .bad
end_case
