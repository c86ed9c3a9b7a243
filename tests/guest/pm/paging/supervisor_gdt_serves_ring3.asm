; [386] 6.4.1.1
%include "pm.inc"
case 386, "ring 3 loads segments from a GDT in a supervisor page"
    paging
    page 0x1000, 0x1000 | P_PRESENT | P_WRITE
    flush
  ring3
    mov ax, USER_DATA32
    mov fs, ax
  finished
    check [seen.fs], USER_DATA32
end_case
