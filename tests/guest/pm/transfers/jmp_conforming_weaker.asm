; [386] 6.3.3: DPL must be <= CPL.
%include "pm.inc"
case 386, "a far JMP from ring 0 to conforming ring 3 code is #GP(selector)"
    descriptor SLOT1, 0, 0xFFFFF, CONF_READ | DPL3, BIG | PAGES
  ring0
    .bad: jmp SLOT1:.bad
  caught PROTECTION, SLOT1, .bad
end_case
