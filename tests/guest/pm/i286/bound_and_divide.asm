; [286] 9.8
%include "pm16.inc"
case 286, "BOUND and DIV fault at themselves"
    mov word [SCRATCH], 1
    mov word [SCRATCH + 2], 5
    mov ax, 6
  ring0
    .bound: bound ax, [SCRATCH]
  caught BOUND_RANGE, NONE, .bound
  ring0
    .div: div cx
  caught DIVIDE_ERROR, NONE, .div
end_case
