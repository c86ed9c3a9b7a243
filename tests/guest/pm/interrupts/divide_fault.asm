; [386] 9.8.1
%include "pm.inc"
case 386, "a quotient that does not fit is #DE at the instruction, registers unchanged"
    mov edx, 5
    mov eax, 6
    mov ecx, 5
  ring0
    .bad: div ecx
  caught DIVIDE_ERROR, NONE, .bad
    check edx, 5
    check eax, 6
end_case
