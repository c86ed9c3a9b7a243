; [386] 6.3.2.1: always valid, the DPL does not count.
%include "pm.inc"
case 386, "a readable conforming code segment of ring 0 loads into DS in ring 3"
    descriptor SLOT1, 0, 0xFFFFF, CONF_READ, BIG | PAGES
    mov dword [SCRATCH], 0x600DF00D
  ring3
    mov ax, SLOT1 | 3
    mov ds, ax
    mov ebx, [SCRATCH]
  finished
    check ebx, 0x600DF00D
end_case
