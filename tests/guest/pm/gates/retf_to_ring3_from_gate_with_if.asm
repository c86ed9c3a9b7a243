; [386] 6.3.4
%include "pm.inc"
case 386, "a call gate changes no flag"
    gate SLOT1, CODE32, .there, CALL_GATE32 | DPL3
  ring3 IOPL3
    std
    stc
    call SLOT1:0
  .there:
  finished
    mov ebx, [seen.eflags]
    and ebx, IOPL3 | DF_BIT | CF_BIT
    check ebx, IOPL3 | DF_BIT | CF_BIT
end_case
