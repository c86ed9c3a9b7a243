; [386] 12.3.1
%include "pm.inc"
case 386, "a task switch clears the local enable bits of DR7 and leaves the global ones"
    task32 SLOT1, TSS_A, .task, STACK_TASK
    mov eax, 0x3FF                      ; L0-G3, LE, GE, on an address nobody uses
    mov ebx, 0x7F0000
    mov dr0, ebx
    mov dr1, ebx
    mov dr2, ebx
    mov dr3, ebx
    mov dr7, eax
  ring0
    jmp SLOT1:0
  .task:
    mov eax, dr7
    xor ebx, ebx
    mov dr7, ebx
  finished
    and eax, 0x3FF
    check eax, 0x2AA
end_case
