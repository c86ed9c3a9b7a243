; [386] 17, RET
%include "pm.inc"
case 386, "RETF to ring 3 with a read-only SS is #GP(SS selector)"
    descriptor SLOT1, 0, 0xFFFFF, READ_ONLY | DPL3, BIG | PAGES
  ring0
    push dword SLOT1 | 3
    push dword STACK3
    push dword USER_CODE32
    push dword .bad
    .bad: retf
  caught PROTECTION, SLOT1, .bad
end_case
