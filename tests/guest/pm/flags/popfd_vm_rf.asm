; [386] 17, POPF: "The RF and VM flags are not changed"
%include "pm.inc"
case 386, "POPFD cannot set VM or RF"
  ring0
    push dword 2 | VM_BIT | RF_BIT
    popfd
    nop
  finished
    mov eax, [seen.eflags]
    and eax, VM_BIT | RF_BIT
    check eax, 0
end_case
