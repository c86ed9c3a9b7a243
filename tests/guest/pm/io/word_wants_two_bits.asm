; [386] 8.3.2
%include "pm.inc"
case 386, "a word port wants the bits of both bytes"
    and byte [TSS + 0x68 + 0x80 / 8], ~1
  ring3
    .bad: out 0x80, ax
  caught PROTECTION, 0, .bad
    and byte [TSS + 0x68 + 0x80 / 8], ~3
  ring3
    out 0x80, ax
  finished
end_case
