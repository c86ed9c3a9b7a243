; [386] 6.3.1.2: the limit is that of the last byte.
%include "pm.inc"
case 386, "a descriptor of which the GDT's limit cuts off the last byte is out of reach"
    descriptor SLOT1, 0, 0xFFFF, READ_WRITE
    sub word [gdt_pointer], GDT_LIMIT - (SLOT1 + 6)
    lgdt [gdt_pointer]
    mov ax, SLOT1
  ring0
    .bad: mov ds, ax
  caught PROTECTION, SLOT1, .bad
    inc word [gdt_pointer]
    lgdt [gdt_pointer]
  ring0
    mov ds, ax
  finished
end_case
