; [386] 6.3.3: DPL must equal CPL.
%include "pm.inc"
case 386, "a far JMP from ring 0 to nonconforming ring 3 code is #GP(selector)"
  ring0
    .bad: jmp (USER_CODE32 & ~3):.bad
  caught PROTECTION, USER_CODE32 & ~3, .bad
end_case
