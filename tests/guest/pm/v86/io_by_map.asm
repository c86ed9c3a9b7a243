; [386] 15.4.2
%include "pm.inc"
case 386, "IN and OUT in V86 obey the I/O map only, IOPL 3 or not"
  v86 IOPL3
    .bad: out 0x80, al
  caught PROTECTION, 0, .bad
    and byte [TSS + 0x68 + 0x80 / 8], ~1
  v86
    out 0x80, al
    .worse: out 0x81, al
  caught PROTECTION, 0, .worse
end_case
