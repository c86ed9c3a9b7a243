; [286] 10.3: the 286 has no I/O map.
%include "pm16.inc"
case 286, "IN, OUT, CLI and STI in ring 3 are #GP(0) below IOPL 3 and allowed with it"
  ring3
    .out: out 0x80, al
  caught PROTECTION, 0, .out
  ring3
    .cli: cli
  caught PROTECTION, 0, .cli
  ring3 IOPL3
    cli
    out 0x80, al
  finished
end_case
