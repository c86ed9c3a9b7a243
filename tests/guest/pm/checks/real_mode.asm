; [386] 14.5
%include "pm.inc"
case 386, "LAR, LSL, VERR, ARPL, LLDT, LTR, SLDT and STR are #UD in real mode"
  real
    .lar: lar ax, bx
  caught INVALID_OPCODE, NONE, .lar
  real
    .lsl: lsl ax, bx
  caught INVALID_OPCODE, NONE, .lsl
  real
    .verr: verr ax
  caught INVALID_OPCODE, NONE, .verr
  real
    .arpl: arpl ax, bx
  caught INVALID_OPCODE, NONE, .arpl
  real
    .lldt: lldt ax
  caught INVALID_OPCODE, NONE, .lldt
  real
    .ltr: ltr ax
  caught INVALID_OPCODE, NONE, .ltr
  real
    .sldt: sldt ax
  caught INVALID_OPCODE, NONE, .sldt
  real
    .str: str ax
  caught INVALID_OPCODE, NONE, .str
end_case
