; [386] 15.1.3
%include "pm.inc"
case 386, "V86 code is a user to paging"
    paging
    page 0x30000, 0x30000 | P_PRESENT | P_WRITE
    flush
  v86
    mov ax, 0x3000
    mov ds, ax
    .bad: mov [0x10], ax
  caught PAGE_FAULT, PF_USER | PF_WRITE | PF_PRESENT, .bad
    check [seen.cr2], 0x30010
end_case
