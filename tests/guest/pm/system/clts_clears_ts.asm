; [386] 17, CLTS
%include "pm.inc"
case 386, "CLTS clears TS only"
    set_cr0 CR0_TS | CR0_MP
    clts
    mov ebx, cr0
    check ebx, 0x11 | CR0_MP
end_case
