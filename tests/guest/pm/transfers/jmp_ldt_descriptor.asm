; [386] 17, JMP
%include "pm.inc"
case 386, "a far JMP to an LDT descriptor is #GP(selector)"
  ring0
    .bad: jmp LDT_SEL:0
  caught PROTECTION, LDT_SEL, .bad
end_case
