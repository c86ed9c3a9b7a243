; [386] 9.8.14
%include "pm.inc"
case 386, "REPE CMPSB stops at a missing page before the flags of that step"
    paging
    page WINDOW, FRAME_A | P_ALL
    mov esi, SCRATCH
    mov edi, WINDOW + 0xFFE
    mov ecx, 6
  ring3
    .bad: repe cmpsb
  caught PAGE_FAULT, PF_USER, .bad
    check ecx, 4
    mov eax, [seen.eflags]
    and eax, ZF_BIT
    check eax, ZF_BIT
end_case
