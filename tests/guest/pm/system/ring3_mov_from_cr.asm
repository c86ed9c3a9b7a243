; [386] 6.3.5
%include "pm.inc"
case 386, "MOV from a control register in ring 3 is #GP(0)"
  ring3
    .bad: mov eax, cr0
  caught PROTECTION, 0, .bad
  ring3
    .worse: mov eax, cr2
  caught PROTECTION, 0, .worse
end_case
