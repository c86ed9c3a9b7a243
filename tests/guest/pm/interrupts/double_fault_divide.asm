; [386] 9.8.8: #DE is contributory.
%include "pm.inc"
case 386, "#DE whose handler gives #GP is #DF"
    interrupt DIVIDE_ERROR, DATA32, .bad, INT_GATE32
    xor ecx, ecx
  ring0
    .bad: div ecx
  close_block
    check [seen.vector], DOUBLE_FAULT
    check [seen.error], 0
end_case
