; [386] 9.8.14
%include "pm.inc"
case 386, "an instruction that runs into a missing page faults at its first byte, CR2 = the page"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov byte [FRAME_A + 0xFFE], 0xB8    ; MOV EAX,imm32
    mov eax, 0x77
  ring0
    jmp CODE32:(WINDOW + 0xFFE)
  caught PAGE_FAULT, 0, WINDOW + 0xFFE
    check [seen.cr2], WINDOW + 0x1000
    check eax, 0x77
end_case
