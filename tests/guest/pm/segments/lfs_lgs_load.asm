; [386] 17, LFS
%include "pm.inc"
case 386, "LFS and LGS load offset and selector"
    descriptor SLOT1, 0, 0xFFFF, READ_ONLY
    mov dword [SCRATCH], 0x12345678
    mov word [SCRATCH + 4], SLOT1
  ring0
    lfs ecx, [SCRATCH]
    lgs edx, [SCRATCH]
  finished
    check ecx, 0x12345678
    check edx, 0x12345678
    check [seen.fs], SLOT1
    check [seen.gs], SLOT1
end_case
