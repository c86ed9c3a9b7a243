; [386] 6.3.5
%include "pm.inc"
case 386, "LIDT in ring 3 is #GP(0)"
  ring3
    .bad: lidt [idt_pointer]
  caught PROTECTION, 0, .bad
end_case
