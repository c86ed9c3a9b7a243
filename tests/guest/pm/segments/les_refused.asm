; [386] 17, LES
%include "pm.inc"
case 386, "LES with a bad selector is #GP(selector) and changes no register"
    descriptor SLOT1, 0, 0xFFFF, EXEC_ONLY
    mov dword [SCRATCH], 0x11223344
    mov word [SCRATCH + 4], SLOT1
    mov ebx, 0x55
  ring0
    .bad: les ebx, [SCRATCH]
  caught PROTECTION, SLOT1, .bad
    check ebx, 0x55
    check [seen.es], DATA32
end_case
