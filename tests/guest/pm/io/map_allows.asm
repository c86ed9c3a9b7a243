; [386] 8.3.2
%include "pm.inc"
case 386, "a zero in the I/O map lets ring 3 use the port"
    and byte [TSS + 0x68 + 0x80 / 8], ~1
  ring3
    out 0x80, al
    .bad: out 0x81, al
  caught PROTECTION, 0, .bad
end_case
