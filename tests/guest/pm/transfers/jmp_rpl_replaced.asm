; [386] 17, JMP: "Set RPL field of CS register to CPL"
%include "pm.inc"
case 386, "the RPL in CS after a far JMP is CPL"
  ring3
    jmp (USER_CODE32 & ~3):.there
  .there:
  finished
    check [seen.cs], USER_CODE32
end_case
