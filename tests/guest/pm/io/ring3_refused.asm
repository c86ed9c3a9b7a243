; [386] 8.3.2
%include "pm.inc"
case 386, "IN and OUT in ring 3 where the I/O map has ones are #GP(0)"
  ring3
    .in: in al, 0x80
  caught PROTECTION, 0, .in
  ring3
    .out: out 0x80, al
  caught PROTECTION, 0, .out
  ring3
    mov edx, 0x80
    .dx: in eax, dx
  caught PROTECTION, 0, .dx
end_case
