; [386] 6.3.5
%include "pm.inc"
case 386, "LGDT in ring 3 is #GP(0)"
  ring3
    .bad: lgdt [gdt_pointer]
  caught PROTECTION, 0, .bad
end_case
