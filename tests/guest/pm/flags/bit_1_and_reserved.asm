; [386] 2.3.4
%include "pm.inc"
case 386, "bit 1 of EFLAGS reads 1, bits 3, 5 and 15 read 0 whatever is popped"
    push dword 0x8028
    popfd
    pushfd
    pop eax
    and eax, 0x802A
    check eax, 2
end_case
