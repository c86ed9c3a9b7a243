; [386] 5.1.3: the first entry of the GDT is not used; RPL does not matter.
%include "pm.inc"
case 386, "null selectors load into DS, ES, FS and GS without a fault"
  ring0
    mov eax, 3
    mov es, ax
    mov fs, ax
    mov gs, ax
    xor eax, eax
    mov ds, ax
  finished
    check [seen.ds], 0
    check [seen.es], 3
    check [seen.fs], 3
    check [seen.gs], 3
end_case
