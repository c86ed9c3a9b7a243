; [386] 15.3.1
%include "pm.inc"
case 386, "IRETD in ring 0 with VM set enters virtual-8086 mode with all segments from the stack"
  ring0
    push dword 0x5555                   ; GS, FS, DS, ES
    push dword 0x4444
    push dword 0x3333
    push dword 0x2222
    push dword 0x0100                   ; SS, ESP
    push dword 0x3000
    push dword 2 | VM_BIT
    push dword 0
    push dword .there
    iretd
    bits 16
  .there:
    int BACK
    bits 32
  .behind:
  close_block
    check [seen.vector], PROTECTION     ; IOPL is 0
    check [seen.es], 0x2222
    check [seen.ds], 0x3333
    check [seen.fs], 0x4444
    check [seen.gs], 0x5555
    check [seen.ss], 0x0100
    check [seen.esp], 0x3000
    check [seen.cs], 0
    mov eax, [seen.eflags]
    and eax, VM_BIT
    check eax, VM_BIT
end_case
