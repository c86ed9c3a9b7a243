; [386] 17, INT
%include "pm.inc"
case 386, "INT n beyond the IDT's limit is #GP(vector * 8 + IDT)"
    mov word [idt_pointer], 0x31 * 8 + 6
    lidt [idt_pointer]
    interrupt 0x31, CODE32, .bad, INT_GATE32
  ring0
    .bad: int 0x31
  caught PROTECTION, 0x31 * 8 + IDT_BIT, .bad
end_case
