; [386] 8.3.2
%include "pm.inc"
case 386, "a dword port wants the bits of all four bytes, across a byte of the map"
    and byte [TSS + 0x68 + 0x80 / 8], 0x3F
    and byte [TSS + 0x68 + 0x88 / 8], ~1
    mov edx, 0x86
  ring3
    .bad: out dx, eax
  caught PROTECTION, 0, .bad
    and byte [TSS + 0x68 + 0x88 / 8], ~3
  ring3
    out dx, eax
  finished
end_case
