; [386] 16.1: not in the TSS, so no selector may survive.
%include "pm.inc"
case 386, "a switch to a 16-bit TSS nulls FS and GS"
    task16 SLOT1, TSS_A, .task, STACK_TASK
  ring0
    jmp SLOT1:0
    bits 16
  .task:
    xor eax, eax                        ; the upper halves are not defined
    xor ecx, ecx
    xor edx, edx
    xor ebx, ebx
    xor ebp, ebp
    xor esi, esi
    xor edi, edi
    int BACK
    bits 32
  finished
    check [seen.fs], 0
    check [seen.gs], 0
end_case
