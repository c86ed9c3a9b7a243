; INT 13h on drive A:, a 1.44 MB disk in a 1.44 MB drive: this image itself.
%define TEST_NAME "int13_floppy"
%include "harness.inc"

BUFFER          equ 2000h               ; segment, 64 KB aligned

        test_begin

        mov     ax, BUFFER
        mov     es, ax

        case "reset succeeds and leaves status 00"
        mov     ah, 0
        mov     dl, 0
        int     13h
        require nc
        require_equal ah, 0
        mov     ah, 1
        mov     dl, 0
        int     13h
        require nc
        require_equal ah, 0

        case "a whole track is read"
        mov     ax, 0212h
        mov     cx, 0101h               ; cylinder 1, LBA 36
        mov     dx, 0000h
        xor     bx, bx
        int     13h
        require nc
        require_equal ax, 0012h
        require_equal word [es:0], 36
        require_equal word [es:510], 36
        require_equal word [es:17 * 512], 53

        case "a read goes on with head 1"
        mov     ax, 0212h
        mov     cx, 020Ah               ; cylinder 2 head 0 sector 10 = LBA 81
        mov     dx, 0000h
        xor     bx, bx
        int     13h
        require nc
        require_equal word [es:0], 81
        require_equal word [es:9 * 512], 90
        require_equal word [es:17 * 512 + 510], 98

        case "head 1 and the last cylinder"
        mov     ax, 0201h
        mov     cx, 4F12h
        mov     dx, 0100h
        xor     bx, bx
        int     13h
        require nc
        require_equal word [es:0], 2879

        case "a sector that is not there gives 04, and the next read works"
        mov     ax, 0201h
        mov     cx, 0513h
        mov     dx, 0000h
        int     13h
        require c
        require_equal ah, 04h
        require_equal al, 0
        mov     ah, 1
        mov     dl, 0
        int     13h
        require_equal ah, 04h, "last status"
        mov     ax, 0201h
        mov     cx, 0501h
        mov     dx, 0000h
        xor     bx, bx
        int     13h
        require nc
        require_equal word [es:0], 180

        case "a buffer across 64 KB gives 09 and reads nothing"
        mov     ax, 0202h
        mov     cx, 0101h
        mov     dx, 0000h
        mov     bx, 0FD00h
        int     13h
        require c
        require_equal ah, 09h
        mov     ax, 0201h               ; just fits
        mov     cx, 0101h
        mov     dx, 0000h
        mov     bx, 0FE00h
        int     13h
        require nc
        require_equal word [es:0FFFEh], 36

        case "verify moves no data and knows no boundary"
        mov     word [es:0], 0EEEEh
        mov     ax, 0412h
        mov     cx, 0101h
        mov     dx, 0000h
        mov     bx, 0FE00h
        int     13h
        require nc
        require_equal al, 12h
        require_equal word [es:0], 0EEEEh

        case "what is written is read back, its neighbours are untouched"
        mov     di, 0
        mov     cx, 512
        mov     ax, 0A5C3h
        rep stosw
        mov     ax, 0302h
        mov     cx, 4E05h               ; cylinder 78 head 1 sectors 5, 6 = LBA 2830
        mov     dx, 0100h
        xor     bx, bx
        int     13h
        require nc
        require_equal ax, 0002h
        mov     ax, 0204h
        mov     cx, 4E04h
        mov     dx, 0100h
        mov     bx, 1000h
        int     13h
        require nc
        require_equal word [es:1000h], 2829
        require_equal word [es:1200h], 0A5C3h
        require_equal word [es:15FEh], 0A5C3h
        require_equal word [es:1600h], 2832

        case "zero sectors and unknown functions give 01"
        mov     ax, 0200h
        mov     cx, 0101h
        mov     dx, 0000h
        int     13h
        require c
        require_equal ah, 01h
        mov     ax, 0600h
        mov     dx, 0000h
        int     13h
        require c
        require_equal ah, 01h
        mov     ax, 4100h
        mov     bx, 55AAh
        mov     dx, 0000h
        int     13h
        require c, "no packets on floppies"

        case "parameters: 79/1/18, type 4, a table at ES:DI"
        mov     ax, 0800h
        mov     dx, 0000h
        int     13h
        require nc
        require_equal ah, 0
        require_equal bl, 4
        require_equal cx, 4F12h
        require_equal dh, 1
        cmp     dl, 1
        require ae, "drive count"
        require_equal byte [es:di + 4], 18
        mov     ax, BUFFER
        mov     es, ax

        case "kind: change line; not changed"
        mov     ax, 15FFh
        mov     dx, 0000h
        int     13h
        require nc
        require_equal ah, 2
        mov     ax, 1600h
        mov     dx, 0000h
        int     13h
        require nc
        require_equal ah, 0

        case "media: 1.44 MB and 720 KB can be chosen, 1.2 MB cannot"
        mov     ax, 1800h
        mov     cx, 4F09h
        mov     dx, 0000h
        int     13h
        require nc
        require_equal byte [es:di + 4], 9
        mov     ax, 1800h
        mov     cx, 4F0Fh
        mov     dx, 0000h
        int     13h
        require c
        require_equal ah, 0Ch
        mov     ax, 1800h
        mov     cx, 4F12h
        mov     dx, 0000h
        int     13h
        require nc
        require_equal byte [es:di + 7], 6Ch
        mov     ax, BUFFER
        mov     es, ax

        case "after a wrong media choice a read finds the right one again"
        mov     ax, 1800h
        mov     cx, 4F09h
        mov     dx, 0000h
        int     13h
        mov     ax, BUFFER
        mov     es, ax
        mov     ax, 0201h
        mov     cx, 0701h
        mov     dx, 0000h
        xor     bx, bx
        int     13h
        require nc
        require_equal word [es:0], 252

        case "INT 40h is the same service"
        mov     ax, 0201h
        mov     cx, 0801h
        mov     dx, 0000h
        xor     bx, bx
        int     40h
        require nc
        require_equal word [es:0], 288

        case "the motor goes off by itself"
        push    ds
        mov     ax, 40h
        mov     ds, ax
        mov     cx, 60                  ; 3.3 s
.motor: hlt
        test    byte [3Fh], 0Fh
        jz      .off
        loop    .motor
.off:   pop     ds
        test    cx, cx
        require nz

        case "interrupts stay on"
        sti
        mov     ax, 0201h
        mov     cx, 0101h
        mov     dx, 0000h
        int     13h
        pushf
        pop     ax
        test    ax, 0200h
        require nz

        case "a read with interrupts off or from a timer handler ends, one way or the other"
        push    word [1Ch * 4]
        push    word [1Ch * 4 + 2]
        cli
        mov     word [1Ch * 4], read_in_tick
        mov     word [1Ch * 4 + 2], 0
        sti
.wait:  hlt
        cmp     byte [tick_state], 2
        jne     .wait
        cli
        pop     word [1Ch * 4 + 2]
        pop     word [1Ch * 4]
        sti
        mov     ah, 0
        mov     dl, 0
        int     13h
        mov     ax, 0201h
        mov     cx, 0901h
        mov     dx, 0000h
        xor     bx, bx
        int     13h
        require nc
        require_equal word [es:0], 324

        test_end

; INT 1Ch comes before the timer's EOI: no other interrupt can get through.
read_in_tick:
        cmp     byte [cs:tick_state], 0
        jne     .done
        inc     byte [cs:tick_state]
        push    ax
        push    bx
        push    cx
        push    dx
        push    es
        mov     ax, BUFFER
        mov     es, ax
        mov     ax, 0201h
        mov     cx, 0101h
        mov     dx, 0000h
        xor     bx, bx
        int     13h
        pop     es
        pop     dx
        pop     cx
        pop     bx
        pop     ax
        inc     byte [cs:tick_state]
.done:  iret
tick_state:     db 0

        test_image
