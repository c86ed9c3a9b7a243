; [386] 9.3
%include "pm.inc"
case 386, "an instruction that faults is not stepped"
    xor eax, eax
    mov dr6, eax
  ring3 TF_BIT
    .bad: cli
  caught PROTECTION, 0, .bad
    mov eax, [seen.dr6]
    and eax, 0x4000
    check eax, 0
end_case
