; [386] 6.3.5
%include "pm.inc"
case 386, "MOV of a debug register in ring 3 is #GP(0)"
  ring3
    .bad: mov eax, dr7
  caught PROTECTION, 0, .bad
  ring3
    .worse: mov dr0, eax
  caught PROTECTION, 0, .worse
end_case
