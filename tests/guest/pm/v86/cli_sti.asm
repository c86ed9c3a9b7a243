; [386] 15.4.1
%include "pm.inc"
case 386, "CLI and STI in V86 with IOPL below 3 are #GP(0), with IOPL 3 allowed"
  v86
    .cli: cli
  caught PROTECTION, 0, .cli
  v86 0x2000
    .sti: sti
  caught PROTECTION, 0, .sti
  v86 IOPL3
    sti
    pushf
    pop ax
    cli
  finished
    and eax, IF_BIT
    check eax, IF_BIT
end_case
