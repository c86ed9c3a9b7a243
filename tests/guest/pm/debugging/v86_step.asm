; [386] 15.1
%include "pm.inc"
case 386, "TF single-steps V86 code"
  v86 TF_BIT
    nop
  .behind:
    nop
  caught DEBUG, NONE, .behind
    mov eax, [seen.eflags]
    and eax, VM_BIT | TF_BIT
    check eax, VM_BIT | TF_BIT
end_case
