; [386] 12.3.1.1
%include "pm.inc"
case 386, "INT n pushes RF clear"
  ring0
    int3
  .behind:
  caught BREAKPOINT, NONE, .behind
    mov eax, [seen.eflags]
    and eax, RF_BIT
    check eax, 0
end_case
