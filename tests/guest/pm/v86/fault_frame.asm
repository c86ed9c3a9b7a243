; [386] 15.3.2
%include "pm.inc"
case 386, "a fault in V86 comes to ring 0 with its frame and error code"
  v86
    xor cx, cx
    .bad: div cx
  caught DIVIDE_ERROR, NONE, .bad
    check [seen.esp], STACK_V86
    check [seen.cs], 0
end_case
