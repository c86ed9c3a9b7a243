; [386] 5.2
%include "pm.inc"
case 386, "with paging on and pages mapped to themselves nothing changes"
    mov dword [SCRATCH], 0x1234
  ring0
    paging
    mov eax, [SCRATCH]
    mov ebx, cr0
  finished
    check eax, 0x1234
    check ebx, CR0_PG | 0x11
end_case
