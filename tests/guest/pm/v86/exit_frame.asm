; [386] 15.3.2
%include "pm.inc"
case 386, "an interrupt out of V86 pushes GS, FS, DS, ES and nulls them"
    interrupt 0x31, CODE32, .there, INT_GATE32 | DPL3
  v86 IOPL3
    mov ax, 0x1234
    mov ds, ax
    mov ax, 0x2345
    mov gs, ax
    int 0x31
  .behind:
    bits 32
  .there:
    mov ebx, ds
    mov ecx, gs
    mov edx, ss
    int BACK
    bits 16
  finished
    check [seen.esp], STACK_INNER - 36
    check16 bx, 0
    check16 cx, 0
    check16 dx, DATA32
    check [seen.stack], .behind
    check16 [seen.stack + 4], 0
    check [seen.stack + 12], STACK_V86
    check16 [seen.stack + 16], 0
    check16 [seen.stack + 24], 0x1234
    check16 [STACK_INNER - 4], 0x2345
    pushfd
    pop eax
    and eax, VM_BIT
    check eax, 0
end_case
