; [386] 10.3
%include "pm.inc"
case 386, "after PE is set the old CS goes on until the far jump"
  real
    mov eax, cr0
    or al, 1
    mov cr0, eax
    mov bx, cs
    mov cx, 0x55
    and al, 0xFE
    mov cr0, eax
  finished
    check16 bx, 0
    check16 cx, 0x55
end_case
