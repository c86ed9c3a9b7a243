; [386] 17, LAR: the second dword under 00FxFF00h
%include "pm.inc"
case 386, "LAR gives the access rights of a data segment and sets ZF"
    mov ax, USER_DATA32
    mov ebx, 0x12345678
    lar ebx, eax
    check_flags ZF_BIT, ZF_BIT
    and ebx, 0x00F0FF00                 ; bits 16-19 are not defined
    check ebx, 0x00C0F200
end_case
