; [386] 12.3.1.4
%include "pm.inc"
case 386, "INT n clears TF: the handler is not stepped, the IRETD brings it back"
    interrupt 0x31, CODE32, .handler, INT_GATE32 | DPL3
    xor ecx, ecx
    xor edx, edx
  ring3 TF_BIT
    int 0x31
    inc ecx
  .behind:
    inc ecx
    jmp .out
  .handler:
    inc edx
    inc edx
    iretd
  .out:
  caught DEBUG, NONE, .behind
    check ecx, 1
    check edx, 2
end_case
