; [386] 16.4
%include "pm.inc"
case 386, "16-bit ring 3 code under 32-bit gates comes to ring 0 with a 32-bit frame"
  ring3_16
    mov cx, 0x55
    int BACK
  .behind:
  finished
    check16 cx, 0x55
    check [seen.cs], USER_CODE16
    check [seen.ss], USER_DATA16
end_case
