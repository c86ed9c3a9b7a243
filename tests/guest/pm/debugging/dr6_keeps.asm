; [386] 12.2.3: "never cleared by the processor"
%include "pm.inc"
case 386, "the processor sets bits of DR6 and never clears B0-B3, BS or BT"
    mov eax, 0x8008
    mov dr6, eax
  ring3 TF_BIT
    inc ecx
  .behind:
    inc ecx
  caught DEBUG, NONE, .behind
    mov eax, [seen.dr6]
    and eax, 0xC000
    check eax, 0xC000
end_case
