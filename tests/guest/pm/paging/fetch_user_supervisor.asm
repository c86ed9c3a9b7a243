; [386] 6.4.1.1
%include "pm.inc"
case 386, "a fetch from a supervisor page in ring 3 is #PF(U P)"
    paging
    page WINDOW, FRAME_A | P_PRESENT | P_WRITE
    mov byte [FRAME_A], 0x90
  ring3
    mov eax, WINDOW
    jmp eax
  caught PAGE_FAULT, PF_USER | PF_PRESENT, WINDOW
end_case
