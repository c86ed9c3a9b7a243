; [386] 6.3.4.3
%include "pm.inc"
case 386, "RETF n undoes a call through a gate on both stacks"
    gate SLOT1, CODE32, .there, CALL_GATE32 | DPL3, 2
  ring3
    push dword 0x11111111
    push dword 0x22222222
    call SLOT1:0
    jmp .out
  .there:
    mov eax, [esp + 8]
    retf 8
  .out:
  finished
    check eax, 0x22222222
    check [seen.cs], USER_CODE32
    check [seen.esp], STACK3
end_case
