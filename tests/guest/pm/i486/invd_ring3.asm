; [486] 26, INVD
%include "pm.inc"
case 486, "INVD and WBINVD in ring 3 are #GP(0)"
  ring3
    .bad: invd
  caught PROTECTION, 0, .bad
  ring3
    .worse: wbinvd
  caught PROTECTION, 0, .worse
  ring0
    wbinvd
  finished
end_case
