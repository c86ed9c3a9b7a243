; [386] 9.6.1.1
%include "pm.inc"
case 386, "INTO obeys the gate's DPL"
  ring3
    mov al, 0x7F
    add al, 1
    .bad: into
  caught PROTECTION, OVERFLOW * 8 + IDT_BIT, .bad
end_case
