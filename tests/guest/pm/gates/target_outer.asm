; [386] 17, CALL: "DPL of selected descriptor must be <= CPL"
%include "pm.inc"
case 386, "a call gate to an outer ring is #GP(target selector)"
    gate SLOT1, USER_CODE32, .bad, CALL_GATE32
  ring0
    .bad: call SLOT1:0
  caught PROTECTION, USER_CODE32 & ~3, .bad
end_case
