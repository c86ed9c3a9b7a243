; [386] 17, CALL. Ring 1, so that ring 0 has a stack for the fault.
%include "pm.inc"
case 386, "an SS in the TSS whose RPL is not the new CPL makes an inner call #TS(SS selector)"
    descriptor SLOT2, 0, 0xFFFFF, EXEC_READ | DPL1, BIG | PAGES
    descriptor SLOT3, 0, 0xFFFFF, READ_WRITE | DPL1, BIG | PAGES
    gate SLOT1, SLOT2, .bad, CALL_GATE32 | DPL3
    mov dword [TSS + 0x0C], STACK1
    mov dword [TSS + 0x10], SLOT3
  ring3
    .bad: call SLOT1:0
  caught BAD_TSS, SLOT3, .bad
end_case
