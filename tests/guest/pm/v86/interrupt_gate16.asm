; [386] 16.4
%include "pm.inc"
case 386, "an interrupt out of V86 through a 16-bit gate pushes words"
    interrupt 0x31, CODE32, .there, INT_GATE16 | DPL3
  v86 IOPL3
    mov ax, 0x1234
    mov ds, ax
    int 0x31
  .behind:
    bits 32
  .there:
    int BACK
    bits 16
  finished
    check [seen.esp], STACK_INNER - 18
    check16 [seen.stack], .behind
    check16 [STACK_INNER - 6], 0x1234
end_case
