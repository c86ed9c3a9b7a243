; [386] 6.3.2
%include "pm.inc"
case 386, "ring 3 loads a ring 3 data segment whatever the RPL"
    mov ax, USER_DATA32 & ~3
  ring3
    mov fs, ax
    mov gs, ax
  finished
    check [seen.fs], USER_DATA32 & ~3
end_case
