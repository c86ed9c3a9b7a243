; [386] 17, LAR, table of valid types. Types 0-15, bit n of the result: ZF.
%include "pm.inc"
case 386, "LAR takes TSS, LDT, call gates and task gates, not interrupt gates or reserved types"
    xor ecx, ecx
    xor esi, esi
.next:
    mov eax, esi
    or al, PRESENT
    mov [GDT + SLOT1 + 5], al
    mov ax, SLOT1
    lar ebx, eax
    setz dl
    movzx edx, dl
    xchg ecx, esi
    shl edx, cl
    xchg ecx, esi
    or ecx, edx
    inc esi
    cmp esi, 16
    jb .next
    check ecx, 0001101000111110b
end_case
