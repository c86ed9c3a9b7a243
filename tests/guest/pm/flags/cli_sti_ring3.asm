; [386] 8.3.1
%include "pm.inc"
case 386, "CLI and STI in ring 3 with IOPL 0 are #GP(0)"
  ring3
    .cli: cli
  caught PROTECTION, 0, .cli
  ring3
    .sti: sti
  caught PROTECTION, 0, .sti
end_case
