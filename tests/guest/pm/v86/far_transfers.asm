; [386] 15.1.2
%include "pm.inc"
case 386, "far CALL and RETF in V86 load CS like an 8086"
  v86 IOPL3
    call 0x10:(.there - 0x100)
    jmp .out
  .there:
    mov bx, cs
    retf
  .out:
  finished
    check16 bx, 0x10
    check [seen.cs], 0
end_case
