; [386] 16.1
%include "pm.inc"
case 386, "an interrupt from ring 3 under a 16-bit TSS takes SP0 and SS0 as words"
    descriptor SLOT1, TSS_A, 0x2B, AVAIL_TSS16
    mov word [TSS_A + 2], STACK2
    mov word [TSS_A + 4], DATA32
    mov ax, SLOT1
    ltr ax
    interrupt 0x31, CODE32, .there, INT_GATE32 | DPL3
  ring3
    int 0x31
  .there:
  finished
    check [seen.esp], STACK2 - 20
    check [seen.ss], DATA32
end_case
