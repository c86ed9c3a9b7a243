; [386] 12.3.1.4
%include "pm.inc"
case 386, "TF set by IRETD traps behind the first instruction of ring 3"
  ring3 TF_BIT
    inc ecx
  .behind:
    inc ecx
  caught DEBUG, NONE, .behind
    check [seen.cs], USER_CODE32
end_case
