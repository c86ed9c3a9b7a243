; INT 15h, 11h, 12h: system services, memory sizes, block move, waits. Needs 4 MB for the block move
; and a 386 for E820h; without those the cases are about refusals.
%define TEST_NAME "int15"
%include "harness.inc"

        test_begin

        case "base memory is what the EBDA leaves"
        int     12h
        mov     bx, ax
        mov     ax, 40h
        mov     es, ax
        mov     cl, 6
        mov     dx, bx
        shl     dx, cl
        require_equal dx, [es:0Eh]
        mov     ah, 0C1h
        int     15h
        require nc
        mov     ax, es
        require_equal ax, dx, "C1h"
        require_equal byte [es:0], 1

        case "equipment: a floppy drive"
        int     11h
        test    al, 1
        require nz

        case "configuration table: AT with two 8259, clock, 4Fh, EBDA"
        mov     ah, 0C0h
        int     15h
        require nc
        require_equal ah, 0
        cmp     word [es:bx], 8
        require ae
        require_equal byte [es:bx + 2], 0FCh
        require_equal byte [es:bx + 5], 74h
        mov     ax, 0F000h
        mov     es, ax
        require_equal byte [es:0FFFEh], 0FCh

        case "unknown functions: CF and 86h"
        mov     ax, 4100h
        int     15h
        require c
        require_equal ah, 86h
        mov     ax, 0D800h
        int     15h
        require c
        require_equal ah, 86h
        mov     ax, 8900h
        int     15h
        require c
        mov     ax, 0E899h
        int     15h
        require c

        case "4Fh keeps the key, 90h and 91h go on"
        mov     ax, 4F3Bh
        stc
        int     15h
        require c
        require_equal ax, 4F3Bh
        mov     ax, 9002h
        stc
        int     15h
        require nc
        require_equal ah, 0
        mov     ax, 9100h
        stc
        int     15h
        require nc

        case "88h and E801h agree"
        mov     ax, 0E801h
        int     15h
        require nc
        require_equal ax, cx
        require_equal bx, dx
        mov     si, ax
        cmp     ax, 15 * 1024
        require be
        mov     ah, 88h
        int     15h
        require nc
        cmp     ax, 15 * 1024
        jae     .big
        require_equal ax, si
.big:   cmp     ax, si
        require ae

        case "A20 can be switched and asked for, or is not there"
        mov     ax, 2403h
        int     15h
        jnc     .a20
        require_equal ah, 86h
        jmp     .no_a20
.a20:
        mov     ax, 2401h
        int     15h
        require nc
        mov     ax, 2402h
        int     15h
        require nc
        require_equal al, 1
        call    wraps
        require ne, "on"
        mov     ax, 2400h
        int     15h
        require nc
        mov     ax, 2402h
        int     15h
        require_equal al, 0
        call    wraps
        require e, "off"
.no_a20:

        case "86h waits half a second"
        mov     ah, 86h
        mov     cx, 0007h
        mov     dx, 0A120h              ; 500000 us
        call    timed
        require nc
        cmp     bx, 8
        require ae, "too short"
        cmp     bx, 11
        require be, "too long"

        case "83h sets a flag while the program goes on; a second one is refused"
        mov     byte [flag], 0
        mov     ax, 8300h
        mov     cx, 0003h
        mov     dx, 0D090h              ; 250000 us
        push    ds
        pop     es
        mov     bx, flag
        int     15h
        require nc
        mov     ax, 8300h
        int     15h
        require c
        mov     bx, [46Ch]
.flag:  hlt
        mov     ax, [46Ch]
        sub     ax, bx
        cmp     ax, 40
        ja      .late
        test    byte [flag], 80h
        jz      .flag
.late:  cmp     ax, 3
        require ae, "too short"
        cmp     ax, 8
        require be, "too long"
        mov     ax, 8300h               ; cancelled
        mov     byte [flag], 0
        int     15h
        require nc
        mov     ax, 8301h
        int     15h
        require nc
        mov     cx, 10
.cancel:
        hlt
        loop    .cancel
        test    byte [flag], 80h
        require z, "cancelled"

        call    cpu_386
        jc      .no_386

        case "E820h: four areas that fit together"
        cpu     386
        push    ds
        pop     es
        xor     ebx, ebx
        xor     ebp, ebp                ; total RAM
        mov     word [areas], 0
.area:  mov     eax, 0E820h
        mov     edx, 534D4150h
        mov     ecx, 20
        mov     di, area
        int     15h
        require nc
        cmp     eax, 534D4150h
        require e
        cmp     ecx, 20
        require e
        inc     word [areas]
        cmp     dword [area + 16], 1
        jne     .reserved
        add     ebp, [area + 8]
.reserved:
        test    ebx, ebx
        jnz     .area
        cpu     8086
        cmp     word [areas], 3
        require ae
        int     12h                     ; RAM = base + extended
        mov     [expected], ax
        mov     ax, 0E801h
        int     15h
        cpu     386
        movzx   eax, ax
        movzx   ebx, bx
        shl     ebx, 6
        add     eax, ebx
        movzx   ebx, word [expected]
        add     eax, ebx
        shl     eax, 10
        cmp     eax, ebp
        require e, "sum"
        cpu     8086

        case "87h moves words above 1 MB and back"
        mov     word [gdt + 10h], 0FFFFh
        mov     word [gdt + 12h], pattern
        mov     byte [gdt + 14h], 0
        mov     byte [gdt + 15h], 93h
        mov     word [gdt + 18h], 0FFFFh
        mov     word [gdt + 1Ah], 0
        mov     byte [gdt + 1Ch], 21h   ; 2.0625 MB
        mov     byte [gdt + 1Dh], 93h
        mov     cx, 8
        call    move
        jnc     .moved
        require_equal ah, 86h, "refused"
        jmp     .no_move
.moved: require_equal ah, 0
        mov     word [gdt + 12h], 0
        mov     byte [gdt + 14h], 21h
        mov     word [gdt + 1Ah], back
        mov     byte [gdt + 1Ch], 0
        mov     cx, 8
        call    move
        require nc
        mov     si, pattern
        mov     di, back
        mov     cx, 8
        push    ds
        pop     es
        repe cmpsw
        require e
        mov     ax, 2402h
        int     15h
        require_equal al, 0, "A20 as before"
        mov     word [gdt + 10h], 0Eh   ; one byte short
        mov     cx, 8
        call    move
        require c, "limit"
.no_move:
.no_386:
        test_end

move:   push    ds
        pop     es
        mov     si, gdt
        mov     ah, 87h
        int     15h
        ret

; ZF = 1 when FFFF:0510 is 0000:0500.
wraps:  push    ds
        mov     ax, 0FFFFh
        mov     ds, ax
        mov     word [cs:0500h], 1234h
        not     word [0510h]
        cmp     word [cs:0500h], ~1234h & 0FFFFh
        pop     ds
        ret

; INT 15h with AH, CX, DX; BX = ticks it took, from the start of a tick.
timed:  hlt
        push    word [46Ch]
        int     15h
        pushf
        pop     ax
        pop     bx
        sub     bx, [46Ch]
        neg     bx
        push    ax
        popf
        ret

; CF = 1: older than a 386.
cpu_386:
        pushf
        pop     ax
        and     ax, 0FFFh
        push    ax
        popf
        pushf
        pop     ax
        and     ax, 0F000h
        cmp     ax, 0F000h
        je      .old
        pushf
        pop     ax
        or      ax, 7000h
        push    ax
        popf
        pushf
        pop     ax
        test    ax, 7000h
        jz      .old
        and     ax, 0FFFh
        push    ax
        popf
        sti
        clc
        ret
.old:   sti
        stc
        ret

flag:           db 0
areas:          dw 0
expected:       dw 0
area:           times 20 db 0
pattern:        dw 1, 2, 3, 5, 8, 13, 21, 34
back:           times 8 dw 0
gdt:            times 30h db 0

        test_image
