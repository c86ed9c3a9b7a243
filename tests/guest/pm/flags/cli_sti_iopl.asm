; [386] 8.3.1
%include "pm.inc"
case 386, "CLI and STI are allowed where CPL <= IOPL"
  ring3 IOPL3
    sti
    pushfd
    cli
    pop eax
  finished
    and eax, IF_BIT
    check eax, IF_BIT
  ring3 0x2000
    .bad: cli
  caught PROTECTION, 0, .bad
end_case
