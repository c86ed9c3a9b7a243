; [386] 17: not there yet
%include "pm.inc"
case 386, "CMPXCHG, XADD, BSWAP, INVD and WBINVD are #UD on the 386"
%if CPU = 386
  ring0
    .cmpxchg: cmpxchg [SCRATCH], ebx
  caught INVALID_OPCODE, NONE, .cmpxchg
  ring0
    .xadd: xadd eax, ebx
  caught INVALID_OPCODE, NONE, .xadd
  ring0
    .bswap: bswap eax
  caught INVALID_OPCODE, NONE, .bswap
  ring0
    .invd: invd
  caught INVALID_OPCODE, NONE, .invd
  ring0
    .wbinvd: wbinvd
  caught INVALID_OPCODE, NONE, .wbinvd
  ring0
    .invlpg: invlpg [SCRATCH]
  caught INVALID_OPCODE, NONE, .invlpg
  ring0
    .cpuid: cpuid
  caught INVALID_OPCODE, NONE, .cpuid
%endif
end_case
