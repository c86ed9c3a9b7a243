; [386] 6.3.3
%include "pm.inc"
case 386, "a far JMP from ring 3 to conforming ring 0 code keeps CPL 3"
    descriptor SLOT1, 0, 0xFFFFF, CONF_READ, BIG | PAGES
  ring3
    jmp (SLOT1 | 3):.there
  .there:
    .still_user: cli
  caught PROTECTION, 0, .still_user
    check [seen.cs], SLOT1 | 3
end_case
