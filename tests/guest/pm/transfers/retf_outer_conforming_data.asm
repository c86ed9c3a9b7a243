; [386] 17, RET: nulled are data and nonconforming code segments of DPL < CPL.
%include "pm.inc"
case 386, "RETF to ring 3 keeps conforming code in data segment registers"
    descriptor SLOT1, 0, 0xFFFFF, CONF_READ, BIG | PAGES
    mov ax, SLOT1
    mov fs, ax
    mov ax, CODE32
    mov gs, ax
  ring0
    push dword USER_DATA32
    push dword STACK3
    push dword USER_CODE32
    push dword .there
    retf
  .there:
  finished
    check [seen.fs], SLOT1
    check [seen.gs], 0
end_case
