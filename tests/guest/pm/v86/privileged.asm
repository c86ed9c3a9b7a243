; [386] 15.4: CPL is 3.
%include "pm.inc"
case 386, "privileged instructions in V86 are #GP(0)"
  v86 IOPL3
    .hlt: hlt
  caught PROTECTION, 0, .hlt
  v86 IOPL3
    .cr0: mov eax, cr0
  caught PROTECTION, 0, .cr0
  v86 IOPL3
    .lgdt: lgdt [gdt_pointer]
  caught PROTECTION, 0, .lgdt
  v86 IOPL3
    .lmsw: lmsw ax
  caught PROTECTION, 0, .lmsw
  v86 IOPL3
    .dr7: mov dr7, eax
  caught PROTECTION, 0, .dr7
end_case
