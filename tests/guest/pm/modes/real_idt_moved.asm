; [386] 14.3
%include "pm.inc"
case 386, "LIDT moves the interrupt table of real mode"
    mov word [SCRATCH], 0x3FF
    mov dword [SCRATCH + 2], 0x30000
    mov word [0x30000 + 0x31 * 4], .there
    mov word [0x30000 + 0x31 * 4 + 2], 0
  real
    lidt [SCRATCH]
    int 0x31
    jmp .out
  .there:
    mov bx, 0x77
    iret
  .out:
    lidt [real_idt_pointer]
  finished
    check16 bx, 0x77
end_case
