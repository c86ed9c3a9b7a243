; [386] 17, MOV: "IF selector is null THEN #GP(0)"
%include "pm.inc"
case 386, "a null selector in SS is #GP(0)"
    xor eax, eax
  ring0
    .bad: mov ss, ax
  caught PROTECTION, 0, .bad
    check [seen.ss], DATA32
end_case
