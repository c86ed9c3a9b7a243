; Pentium Family Developer's Manual, volume 3, H.1
%include "pm.inc"
case 586, "U/S and R/W of a 4 MB page's entry protect it"
    paging
    mov eax, 0x10
    mov cr4, eax
    mov dword [pde(WINDOW)], 0 | P_PRESENT | P_WRITE | P_4MB
    flush
  ring3
    .bad: mov eax, [WINDOW + 0x300000]
  caught PAGE_FAULT, PF_USER | PF_PRESENT, .bad
    check [seen.cr2], WINDOW + 0x300000
    mov dword [pde(WINDOW)], 0 | P_PRESENT | P_USER | P_4MB
    flush
  ring3
    mov eax, [WINDOW + 0x300000]
    .worse: mov [WINDOW + 0x300000], eax
  caught PAGE_FAULT, PF_USER | PF_PRESENT | PF_WRITE, .worse
end_case
