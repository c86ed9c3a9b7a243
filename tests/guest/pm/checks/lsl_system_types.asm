; [386] 17, LSL, table of valid types. Types 0-15, bit n of the result: ZF.
%include "pm.inc"
case 386, "LSL takes TSS and LDT and no gates"
    xor ecx, ecx
    xor esi, esi
.next:
    mov eax, esi
    or al, PRESENT
    mov [GDT + SLOT1 + 5], al
    mov ax, SLOT1
    lsl ebx, eax
    setz dl
    movzx edx, dl
    xchg ecx, esi
    shl edx, cl
    xchg ecx, esi
    or ecx, edx
    inc esi
    cmp esi, 16
    jb .next
    check ecx, 0000101000001110b
end_case
