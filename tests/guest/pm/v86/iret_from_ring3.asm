; [386] 15.3.1: only CPL 0 changes VM.
%include "pm.inc"
case 386, "IRETD in ring 3 cannot enter V86"
    mov word [.there + (USER_CODE32 << 4)], 0x30CD ; INT BACK, where V86 would go on
  ring3
    push dword 2 | VM_BIT
    push dword USER_CODE32
    push dword .there
    iretd
  .there:
  finished
    mov eax, [seen.eflags]
    and eax, VM_BIT
    check eax, 0
    check [seen.cs], USER_CODE32
end_case
