; [386] 7.7
%include "pm.inc"
case 386, "a task switch loads CR3 from the new TSS"
    paging
    mov esi, PAGE_DIRECTORY
    mov edi, 0x28000
    mov ecx, 0x400
    rep movsd
    mov dword [0x28000 + 4], 0x29000 | P_ALL
    mov dword [0x29000], FRAME_B | P_ALL
    page WINDOW, FRAME_A | P_ALL
    mov dword [FRAME_A], 0xAAAA
    mov dword [FRAME_B], 0xBBBB
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov dword [TSS_A + 0x1C], 0x28000
    mov eax, [WINDOW]
    check eax, 0xAAAA
  ring0
    jmp SLOT1:0
  .task:
    mov eax, [WINDOW]
    mov ebx, cr3
  finished
    check eax, 0xBBBB
    check ebx, 0x28000
end_case
