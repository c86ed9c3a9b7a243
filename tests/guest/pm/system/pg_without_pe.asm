; [486] i486 Programmer's Reference Manual, 26, MOV. The 386's manual does not say.
%include "pm.inc"
case 486, "setting PG without PE is #GP(0)"
    call build_page_tables
  real
    mov eax, cr0
    or eax, CR0_PG
    .bad: mov cr0, eax
  caught PROTECTION, NONE, .bad
end_case
