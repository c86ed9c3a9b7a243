; [386] 17, JMP: "RPL must be <= CPL"
%include "pm.inc"
case 386, "a far JMP with RPL above CPL is #GP(selector)"
  ring0
    .bad: jmp (CODE32 | 3):.bad
  caught PROTECTION, CODE32, .bad
end_case
