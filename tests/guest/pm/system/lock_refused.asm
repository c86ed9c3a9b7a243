; [386] 17, LOCK
%include "pm.inc"
case 386, "LOCK before an instruction that cannot be locked is #UD"
  ring0
    .bad: db 0xF0, 0x90                 ; LOCK NOP
  caught INVALID_OPCODE, NONE, .bad
  ring0
    .worse: db 0xF0, 0x01, 0xC8         ; LOCK ADD EAX,ECX
  caught INVALID_OPCODE, NONE, .worse
  ring0
    lock add [SCRATCH], eax
  finished
end_case
