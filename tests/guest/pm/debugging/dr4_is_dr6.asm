; [386] 12.2: "reserved"; the chips decode them so, and the pentium's manual says it (volume 3, 14.1.1).
%include "pm.inc"
case 386, "DR4 and DR5 are other names of DR6 and DR7"
    mov eax, 0x400
    mov dr7, eax
    db 0x0F, 0x21, 0xEB                 ; MOV EBX,DR5
    check ebx, 0x400
    mov eax, 0x4001
    mov dr6, eax
    db 0x0F, 0x21, 0xE3                 ; MOV EBX,DR4
    mov eax, dr6
    sub ebx, eax
    check ebx, 0
end_case
