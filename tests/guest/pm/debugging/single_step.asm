; [386] 12.3.1.4
%include "pm.inc"
case 386, "TF traps behind the next instruction with DR6.BS"
    xor eax, eax
    mov dr6, eax
  ring0
    pushfd
    or dword [esp], TF_BIT
    popfd
    inc ecx
  .behind:
    inc ecx
  caught DEBUG, NONE, .behind
    check ecx, 1
    mov eax, [seen.dr6]
    and eax, 0xE00F
    check eax, 0x4000
    mov eax, [seen.eflags]
    and eax, TF_BIT
    check eax, TF_BIT
end_case
