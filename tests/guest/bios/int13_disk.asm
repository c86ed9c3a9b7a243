; INT 13h on hard disk 80h. The disk is written to: use a scratch one of at least 8 MB. The cases
; hold for every geometry and translation.
%define TEST_NAME "int13_disk"
%include "harness.inc"

BUFFER          equ 2000h
PATTERN         equ 1000h               ; LBA of the sectors that get patterns

        test_begin

        case "parameters make sense and agree with function 15h and INT 41h"
        mov     ax, 0800h
        mov     dl, 80h
        int     13h
        require nc
        require_equal ah, 0
        cmp     dl, 1
        require ae, "drive count"
        mov     al, cl
        and     ax, 3Fh
        mov     [spt], ax
        require nz, "sectors"
        mov     al, dh
        inc     ax
        sub     ax, [spt]
        mov     al, dh
        mov     ah, 0
        inc     ax
        mov     [heads], ax
        mov     al, ch
        mov     ah, cl
        rol     ah, 1
        rol     ah, 1
        and     ah, 3
        inc     ax
        mov     [cylinders], ax
        mul     word [heads]            ; 15h: CX:DX = C x H x S
        mov     bx, ax
        mov     ax, dx
        mul     word [spt]
        mov     si, ax
        mov     ax, bx
        mul     word [spt]
        add     dx, si
        mov     si, ax
        mov     di, dx
        mov     ax, 15FFh
        mov     dl, 80h
        int     13h
        require nc
        require_equal ah, 3
        require_equal cx, di
        require_equal dx, si
        les     bx, [41h * 4]
        mov     ax, [es:bx]
        require_equal ax, [cylinders]
        mov     al, [es:bx + 2]
        mov     ah, 0
        require_equal ax, [heads]
        mov     al, [es:bx + 14]
        require_equal ax, [spt]

        case "40 sectors are written and read back by CHS"
        mov     ax, BUFFER
        mov     es, ax
        mov     cx, 40
        mov     ax, PATTERN
        call    stamp
        mov     word [lba], PATTERN
        mov     byte [count], 40
        mov     byte [function], 3
        call    by_chs
        require nc
        require_equal ax, 0028h
        call    wipe
        mov     byte [function], 2
        call    by_chs
        require nc
        require_equal ax, 0028h
        mov     cx, 40
        mov     ax, PATTERN
        call    check
        require e

        case "single sectors among them"
        call    wipe
        mov     word [lba], PATTERN + 17
        mov     byte [count], 1
        mov     byte [function], 2
        call    by_chs
        require nc
        require_equal ax, 0001h
        require_equal word [es:0], PATTERN + 17
        require_equal word [es:510], PATTERN + 17
        require_equal word [es:512], 0EEEEh, "not a byte more"

        case "the last sector of INT 13h's disk"
        mov     ax, 0201h
        mov     cx, [cylinders]
        dec     cx
        xchg    cl, ch
        ror     cl, 1
        ror     cl, 1
        or      cl, [spt]
        mov     dh, [heads]
        dec     dh
        mov     dl, 80h
        xor     bx, bx
        int     13h
        require nc

        case "one head, one sector, one cylinder too many: 04"
        mov     ax, 0201h
        mov     cx, 0001h
        mov     dh, [heads]
        mov     dl, 80h
        int     13h
        require c
        require_equal ah, 04h
        require_equal al, 0
        mov     ax, 0201h
        mov     cx, 0000h
        mov     dx, 0080h
        int     13h
        require c
        require_equal ah, 04h
        cmp     byte [spt], 63
        je      .no_sector
        mov     ax, 0201h
        mov     cx, [spt]
        inc     cx
        mov     dx, 0080h
        int     13h
        require c
        require_equal ah, 04h
.no_sector:
        cmp     word [cylinders], 1024
        je      .no_cylinder
        mov     ax, 0201h
        mov     cx, [cylinders]
        xchg    cl, ch
        ror     cl, 1
        ror     cl, 1
        or      cl, 1
        mov     dx, 0080h
        int     13h
        require c
        require_equal ah, 04h
        mov     ax, 0100h
        mov     dl, 80h
        int     13h
        require_equal ah, 04h, "last status"
        mov     ax, 0100h
        mov     dl, 80h
        int     13h
        require_equal ah, 00h, "and forgotten"
.no_cylinder:

        case "zero sectors and unknown functions: 01"
        mov     ax, 0200h
        mov     cx, 0001h
        mov     dx, 0080h
        int     13h
        require c
        require_equal ah, 01h
        mov     ax, 0A01h
        mov     cx, 0001h
        mov     dx, 0080h
        int     13h
        require c
        require_equal ah, 01h

        case "a drive that is not there: 01, and kind 0"
        mov     ax, 0201h
        mov     cx, 0001h
        mov     dx, 0087h
        int     13h
        require c
        require_equal ah, 01h
        mov     ax, 0800h
        mov     dx, 0087h
        int     13h
        require c
        mov     ax, 1500h
        mov     dx, 0087h
        int     13h
        require_equal ah, 0

        case "verify, seek, recalibrate, ready, diagnostic, geometry, reset"
        mov     bx, .simple
.next:  mov     ax, [cs:bx]
        mov     cx, 0001h
        mov     dx, 0080h
        push    bx
        int     13h
        pop     bx
        require nc
        require_equal ah, 0
        inc     bx
        inc     bx
        cmp     bx, .simple_end
        jb      .next
        jmp     .simple_end
.simple:
        dw      0401h, 0C00h, 1100h, 1000h, 1400h, 0900h, 0D00h, 0000h
.simple_end:

        case "sectors are still right after a reset"
        call    wipe
        mov     word [lba], PATTERN
        mov     byte [count], 40
        mov     byte [function], 2
        call    by_chs
        require nc
        mov     cx, 40
        mov     ax, PATTERN
        call    check
        require e

        case "a buffer that starts at the end of a segment is filled across it"
        mov     ax, BUFFER
        mov     es, ax
        mov     word [lba], PATTERN
        mov     byte [count], 8
        mov     word [offset], 0FFF0h
        call    by_chs
        mov     word [offset], 0
        require nc
        mov     ax, BUFFER + 0FFFh
        mov     es, ax
        mov     cx, 8
        mov     ax, PATTERN
        call    check
        require e

        case "block mode switched off by a program: reads and writes go on"
        mov     dx, 1F6h
        mov     al, 0A0h
        out     dx, al
        mov     dx, 1F2h
        mov     al, 0
        out     dx, al
        mov     dx, 1F7h
        mov     al, 0C6h                ; SET MULTIPLE 0
        out     dx, al
        mov     cx, 0
.c6:    in      al, dx
        test    al, 80h
        loopnz  .c6
        mov     ax, BUFFER
        mov     es, ax
        mov     byte [count], 40
        mov     byte [function], 3
        mov     cx, 40
        mov     ax, PATTERN
        call    stamp
        call    by_chs
        require nc
        require_equal ax, 0028h
        call    wipe
        mov     byte [function], 2
        call    by_chs
        require nc
        mov     cx, 40
        mov     ax, PATTERN
        call    check
        require e

        case "interrupts shut at the PIC and at the drive are opened again"
        mov     dx, 3F6h
        mov     al, 0Ah                 ; nIEN
        out     dx, al
        in      al, 0A1h
        or      al, 40h
        out     0A1h, al
        call    by_chs
        require nc
        in      al, 0A1h
        test    al, 40h
        require z

        case "a channel left in the middle of a transfer is put right"
        mov     dx, 1F6h
        mov     al, 0A0h
        out     dx, al
        mov     dx, 1F2h
        mov     al, 1
        out     dx, al
        inc     dx
        out     dx, al
        mov     al, 0
        inc     dx
        out     dx, al
        inc     dx
        out     dx, al
        mov     dx, 1F7h
        mov     al, 20h                 ; READ SECTORS, data never fetched
        out     dx, al
        hlt
        hlt
        call    wipe
        call    by_chs
        require nc
        mov     cx, 40
        mov     ax, PATTERN
        call    check
        require e

        case "extensions are there: EDD-3, packets and parameters"
        mov     ax, 4100h
        mov     bx, 55AAh
        mov     dl, 80h
        int     13h
        require nc
        require_equal bx, 0AA55h
        cmp     ah, 21h
        require ae
        test    cl, 1
        require nz

        case "parameters by packet: sizes 1Ah, 1Eh, 42h, and 19h refused"
        mov     word [result], 1Ah
        call    edd_parameters
        require nc
        require_equal word [result], 1Ah
        require_equal word [result + 24], 512
        mov     word [result], 1Eh
        call    edd_parameters
        require nc
        require_equal word [result], 1Eh
        les     bx, [result + 26]       ; device parameter table extension
        require_equal word [es:bx], 1F0h
        require_equal word [es:bx + 2], 3F6h
        mov     cx, 16
        mov     al, 0
.dpte:  add     al, [es:bx]
        inc     bx
        loop    .dpte
        require_equal al, 0, "checksum"
        mov     word [result], 42h
        call    edd_parameters
        require nc
        require_equal word [result], 42h
        require_equal word [result + 30], 0BEDDh
        require_equal word [result + 36], 'IS'
        mov     bx, result + 30
        mov     cx, 36
        mov     al, 0
.path:  add     al, [bx]
        inc     bx
        loop    .path
        require_equal al, 0, "path checksum"
        mov     word [result], 19h
        call    edd_parameters
        require c
        require_equal ah, 01h
        mov     word [result], 1Ah
        call    edd_parameters

        case "the same sectors by packet"
        mov     ax, BUFFER
        mov     es, ax
        call    wipe
        mov     word [packet + 2], 40
        mov     word [packet + 8], PATTERN
        mov     ah, 42h
        call    edd
        require nc
        require_equal ah, 0
        require_equal word [packet + 2], 40
        mov     cx, 40
        mov     ax, PATTERN
        call    check
        require e
        mov     cx, 127
        mov     ax, PATTERN + 100
        call    stamp
        mov     word [packet + 2], 127
        mov     word [packet + 8], PATTERN + 100
        mov     ax, 4300h
        call    edd
        require nc
        call    wipe
        mov     word [packet + 2], 127
        mov     ah, 42h
        call    edd
        require nc
        mov     cx, 127
        mov     ax, PATTERN + 100
        call    check
        require e

        case "verify and seek by packet"
        mov     word [packet + 2], 300
        mov     ah, 44h
        call    edd
        require nc
        require_equal word [packet + 2], 300
        mov     ah, 47h
        call    edd
        require nc

        case "the last sector, and none after it"
        mov     ax, [result + 16]
        mov     dx, [result + 18]
        sub     ax, 1
        sbb     dx, 0
        mov     [packet + 8], ax
        mov     [packet + 10], dx
        mov     word [packet + 2], 1
        mov     ah, 42h
        call    edd
        require nc
        mov     word [packet + 2], 2
        mov     ah, 42h
        call    edd
        require c
        require_equal ah, 04h
        require_equal word [packet + 2], 0
        mov     word [packet + 12], 1   ; above 2 TB
        mov     word [packet + 2], 1
        mov     ah, 42h
        call    edd
        require c
        mov     word [packet + 12], 0

        case "a packet that is too short: 01"
        mov     byte [packet], 0Fh
        mov     ah, 42h
        call    edd
        require c
        require_equal ah, 01h
        mov     byte [packet], 10h

        case "eject and lock: not removable"
        mov     ax, 4600h
        mov     dl, 80h
        int     13h
        require c
        require_equal ah, 0B2h

        test_end

; [count] sectors at [lba] to or from ES:[offset] by [function]; AX and CF of INT 13h.
by_chs: mov     ax, [lba]
        xor     dx, dx
        div     word [spt]
        mov     cx, dx
        inc     cx
        xor     dx, dx
        div     word [heads]
        mov     dh, dl
        mov     ch, al
        ror     ah, 1
        ror     ah, 1
        or      cl, ah
        mov     dl, 80h
        mov     al, [count]
        mov     ah, [function]
        mov     bx, [offset]
        int     13h
        ret

edd:    mov     si, packet
        mov     dl, 80h
        int     13h
        ret

edd_parameters:
        mov     ax, 4800h
        mov     si, result
        mov     dl, 80h
        int     13h
        ret

; CX sectors at ES:0 each with its number, from AX, in its first and last word.
stamp:  xor     di, di
.next:  mov     [es:di], ax
        mov     [es:di + 510], ax
        inc     ax
        add     di, 512
        loop    .next
        ret

; ZF = 1: the CX sectors are like that.
check:  xor     di, di
.next:  cmp     [es:di], ax
        jne     .done
        cmp     [es:di + 510], ax
        jne     .done
        inc     ax
        add     di, 512
        loop    .next
        xor     ax, ax
.done:  ret

wipe:   push    ax
        push    cx
        xor     di, di
        mov     ax, 0EEEEh
        mov     cx, 8000h
        rep stosw
        pop     cx
        pop     ax
        ret

spt:            dw 0
heads:          dw 0
cylinders:      dw 0
lba:            dw 0
offset:         dw 0
count:          db 0
function:       db 0
packet:         db 10h, 0
                dw 0
                dw 0, BUFFER
                dq 0
result:         times 80h db 0

        test_image
