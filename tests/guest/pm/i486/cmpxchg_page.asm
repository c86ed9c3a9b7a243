; [486] 26, CMPXCHG
%include "pm.inc"
case 486, "CMPXCHG in a read-only page is #PF(U W P) and changes neither EAX nor flags"
    paging
    page WINDOW, FRAME_A | P_PRESENT | P_USER
    mov eax, 1
  ring3
    .bad: cmpxchg [WINDOW], ebx
  caught PAGE_FAULT, PF_USER | PF_WRITE | PF_PRESENT, .bad
    check eax, 1
end_case
