; [386] 15.4.1
%include "pm.inc"
case 386, "PUSHF and POPF in V86 with IOPL below 3 are #GP(0)"
  v86
    .pushf: pushf
  caught PROTECTION, 0, .pushf
  v86
    .popf: popf
  caught PROTECTION, 0, .popf
    check [seen.esp], STACK_V86
end_case
