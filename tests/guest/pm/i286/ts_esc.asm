; [286] 10.4.3
%include "pm16.inc"
case 286, "ESC with TS and WAIT with MP and TS are #NM"
    mov ax, 0x0B
    lmsw ax
  ring0
    .esc: fninit
  caught NO_FPU, NONE, .esc
  ring0
    .wait: wait
  caught NO_FPU, NONE, .wait
end_case
