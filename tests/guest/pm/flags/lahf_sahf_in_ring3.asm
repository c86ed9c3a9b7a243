; [386] 17, PUSHF: not sensitive to IOPL outside V86
%include "pm.inc"
case 386, "PUSHFD in ring 3 shows IOPL and IF as they are"
  ring3 IF_BIT
    pushfd
    pop eax
  finished
    and eax, IF_BIT | IOPL3
    check eax, IF_BIT
end_case
