; [386] 15.1: as in real mode
%include "pm.inc"
case 386, "LAR, VERR, ARPL, LLDT, LTR and STR are #UD in V86"
  v86 IOPL3
    .lar: lar ax, bx
  caught INVALID_OPCODE, NONE, .lar
  v86 IOPL3
    .verr: verr ax
  caught INVALID_OPCODE, NONE, .verr
  v86 IOPL3
    .arpl: arpl ax, bx
  caught INVALID_OPCODE, NONE, .arpl
  v86 IOPL3
    .lldt: lldt ax
  caught INVALID_OPCODE, NONE, .lldt
  v86 IOPL3
    .ltr: ltr ax
  caught INVALID_OPCODE, NONE, .ltr
  v86 IOPL3
    .str: str ax
  caught INVALID_OPCODE, NONE, .str
end_case
