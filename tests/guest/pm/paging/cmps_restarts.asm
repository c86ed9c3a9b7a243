; Pentium Family Developer's Manual, volume 3, 25, REP: a fault restores EFLAGS, the registers count on.
%include "pm.inc"
case 386, "REPE CMPSB stops at a missing page with the flags from before the instruction"
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
    check eax, 0
end_case
