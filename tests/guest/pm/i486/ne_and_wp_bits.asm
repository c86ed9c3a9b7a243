; [486] 4.1.3
%include "pm.inc"
case 486, "NE, WP and AM of CR0 can be set and read back"
    set_cr0 CR0_NE | CR0_WP | CR0_AM
    mov eax, cr0
    check eax, 0x11 | CR0_NE | CR0_WP | CR0_AM
end_case
