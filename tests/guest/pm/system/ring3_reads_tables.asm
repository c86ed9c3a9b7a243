; [386] 6.3.5: only the loads are privileged.
%include "pm.inc"
case 386, "SGDT, SIDT, SLDT, STR and SMSW are allowed in ring 3"
  ring3
    sgdt [SCRATCH]
    sidt [SCRATCH + 8]
    sldt bx
    str cx
    smsw dx
  finished
    check16 [SCRATCH], GDT_LIMIT
    check [SCRATCH + 2], GDT
    check16 [SCRATCH + 8], 0x7FF
    check [SCRATCH + 10], IDT
    check16 bx, LDT_SEL
    check16 cx, TSS_SEL
    check16 dx, 0x11
end_case
