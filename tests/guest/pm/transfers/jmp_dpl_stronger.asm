; [386] 6.3.3
%include "pm.inc"
case 386, "a far JMP from ring 3 to nonconforming ring 0 code is #GP(selector)"
  ring3
    .bad: jmp CODE32:.bad
  caught PROTECTION, CODE32, .bad
    check [seen.cs], USER_CODE32
end_case
