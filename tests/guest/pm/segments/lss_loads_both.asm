; [386] 17, LSS
%include "pm.inc"
case 386, "LSS loads SS and ESP together"
    descriptor SLOT1, 0, 0xFFFFF, READ_WRITE, BIG | PAGES
    mov dword [SCRATCH], 0x3000
    mov word [SCRATCH + 4], SLOT1
  ring0
    lss esp, [SCRATCH]
    push dword 0x99
  finished
    check [0x2FFC], 0x99
    check [seen.ss], SLOT1
end_case
