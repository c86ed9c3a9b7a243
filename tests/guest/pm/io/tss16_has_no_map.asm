; [386] 16.1, 8.3.2
%include "pm.inc"
case 386, "under a 16-bit TSS ring 3 has no ports below IOPL"
    descriptor SLOT1, TSS_A, 0x200, AVAIL_TSS16
    mov word [TSS_A + 2], STACK_INNER
    mov word [TSS_A + 4], DATA32
    mov ax, SLOT1
    ltr ax
  ring3
    .bad: out 0x80, al
  caught PROTECTION, 0, .bad
end_case
