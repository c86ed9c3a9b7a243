; [386] 6.3.5
%include "pm.inc"
case 386, "MOV to a control register in ring 3 is #GP(0)"
    mov eax, cr0
  ring3
    .bad: mov cr0, eax
  caught PROTECTION, 0, .bad
  ring3
    .worse: mov cr3, ecx
  caught PROTECTION, 0, .worse
end_case
