; [486] 26, CMPXCHG
%include "pm.inc"
case 486, "CMPXCHG wants write access even where it stores nothing new"
    descriptor SLOT1, SCRATCH, 0xFF, READ_ONLY
    mov ax, SLOT1
    mov fs, ax
    mov eax, 1
  ring0
    .bad: cmpxchg [fs:0], ebx
  caught PROTECTION, 0, .bad
    check eax, 1
end_case
