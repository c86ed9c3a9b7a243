; [386] 16.1: a 286 gate has 16 bits of offset, the last word is reserved.
%include "pm.inc"
case 386, "a 16-bit call gate uses no more than 16 bits of its offset"
    gate SLOT1, CODE32, .there, CALL_GATE16
    mov word [GDT + SLOT1 + 6], 1
    mov word [.there + 0x10000], 0x30CD ; INT BACK, where 32 bits of offset would lead
  ring0
    call SLOT1:0
  .there:
    mov eax, 1
  finished
    check eax, 1
end_case
