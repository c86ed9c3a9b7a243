; [486] 26: not there yet
%include "pm.inc"
case 386, "RDTSC, RDMSR, CMPXCHG8B and CR4 are #UD before the pentium"
%if CPU < 586
  ring0
    .rdtsc: rdtsc
  caught INVALID_OPCODE, NONE, .rdtsc
  ring0
    .rdmsr: rdmsr
  caught INVALID_OPCODE, NONE, .rdmsr
  ring0
    .cmpxchg8b: cmpxchg8b [SCRATCH]
  caught INVALID_OPCODE, NONE, .cmpxchg8b
%endif
end_case
