; [386] 14.6: unlike the 8086
%include "pm.inc"
case 386, "a divide error in real mode saves the address of the divide"
  real
    xor cx, cx
    .bad: div cx
  caught DIVIDE_ERROR, NONE, .bad
end_case
