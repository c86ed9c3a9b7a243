; INT 09h and INT 16h: scan codes put into the 8042's output buffer by its command D2h come out as
; keys. The mouse port stays quiet meanwhile.
%define TEST_NAME "int16"
%include "harness.inc"

%macro keys 1+
        mov     si, %%codes
        call    press
        jmp     %%go
%%codes:
        db      %1, 0
%%go:
%endmacro

; keys_give CODE, bytes...: the next key by the enhanced function is CODE.
%macro keys_give 2+
        keys    %2
        call    next_key
        require_equal ax, %1
%endmacro

        test_begin
        mov     byte [496h], 10h        ; 101 keys

        case "05h stores, 11h looks, 10h takes, and the buffer is empty again"
        mov     ah, 11h
        int     16h
        require z
        mov     ax, 0500h
        mov     cx, 1E61h
        int     16h
        require_equal al, 0
        mov     ah, 11h
        int     16h
        require nz
        require_equal ax, 1E61h
        mov     ah, 10h
        int     16h
        require_equal ax, 1E61h
        mov     ah, 01h
        int     16h
        require z

        case "fifteen keys fit"
        mov     di, 15
.fill:  mov     ah, 5
        mov     cx, di
        int     16h
        require_equal al, 0
        dec     di
        jnz     .fill
        mov     ah, 5
        int     16h
        require_equal al, 1, "sixteenth"
        mov     di, 15
.empty: mov     ah, 0
        int     16h
        require_equal ax, di
        dec     di
        jnz     .empty

        case "letters, shift, caps lock, ctrl, alt"
        keys_give 1E61h, 1Eh, 9Eh
        keys_give 1E41h, 2Ah, 1Eh, 9Eh, 0AAh
        keys_give 1E41h, 36h, 1Eh, 9Eh, 0B6h
        keys    3Ah, 0BAh
        keys_give 1E41h, 1Eh, 9Eh
        keys_give 1E61h, 2Ah, 1Eh, 9Eh, 0AAh
        keys_give 0231h, 02h, 82h
        keys    3Ah, 3Ah, 3Ah, 0BAh     ; typematic repeats do not toggle
        keys_give 1E61h, 1Eh, 9Eh
        keys_give 1E01h, 1Dh, 1Eh, 9Eh, 9Dh
        keys_give 1E00h, 38h, 1Eh, 9Eh, 0B8h
        keys_give 0300h, 1Dh, 03h, 83h, 9Dh
        keys_give 0F00h, 2Ah, 0Fh, 8Fh, 0AAh
        keys_give 9400h, 1Dh, 0Fh, 8Fh, 9Dh
        keys_give 0A500h, 38h, 0Fh, 8Fh, 0B8h

        case "function keys"
        keys_give 3B00h, 3Bh, 0BBh
        keys_give 5400h, 2Ah, 3Bh, 0BBh, 0AAh
        keys_give 5E00h, 1Dh, 3Bh, 0BBh, 9Dh
        keys_give 6800h, 38h, 3Bh, 0BBh, 0B8h
        keys_give 8600h, 58h, 0D8h
        keys_give 8B00h, 38h, 57h, 0D7h, 0B8h

        case "grey keys"
        keys_give 48E0h, 0E0h, 48h, 0E0h, 0C8h
        keys_give 48E0h, 0E0h, 2Ah, 0E0h, 48h, 0E0h, 0C8h, 0E0h, 0AAh
        keys_give 8DE0h, 1Dh, 0E0h, 48h, 0E0h, 0C8h, 9Dh
        keys_give 9800h, 38h, 0E0h, 48h, 0E0h, 0C8h, 0B8h
        keys_give 0E00Dh, 0E0h, 1Ch, 0E0h, 9Ch
        keys_give 0E02Fh, 0E0h, 35h, 0E0h, 0B5h
        keys_give 1E01h, 0E0h, 1Dh, 1Eh, 9Eh, 0E0h, 9Dh
        keys_give 1E00h, 0E0h, 38h, 1Eh, 9Eh, 0E0h, 0B8h
        require_equal byte [417h], 0, "shifts are up"

        case "keypad and Num Lock"
        keys_give 4700h, 47h, 0C7h
        keys_give 4737h, 2Ah, 47h, 0C7h, 0AAh
        keys    45h, 0C5h
        keys_give 4737h, 47h, 0C7h
        keys_give 4700h, 2Ah, 47h, 0C7h, 0AAh
        keys_give 47E0h, 0E0h, 47h, 0E0h, 0C7h
        keys    45h, 0C5h
        keys_give 4A2Dh, 4Ah, 0CAh
        keys_give 372Ah, 37h, 0B7h
        keys_give 372Ah, 2Ah, 37h, 0B7h, 0AAh

        case "Ins toggles its flag and is a key"
        keys_give 52E0h, 0E0h, 52h, 0E0h, 0D2h
        test    byte [417h], 80h
        require nz
        keys_give 5200h, 52h, 0D2h
        test    byte [417h], 80h
        require z

        case "Alt and a number"
        keys_give 0041h, 38h, 4Dh, 0CDh, 4Ch, 0CCh, 0B8h        ; 65
        keys_give 00E1h, 38h, 50h, 0D0h, 50h, 0D0h, 4Ch, 0CCh, 0B8h     ; 225

        case "00h and 01h hide what old programs do not know"
        keys    57h, 0D7h, 38h, 1Ah, 9Ah, 0B8h, 1Eh, 9Eh        ; F11, Alt-[, a
        mov     ah, 01h
        int     16h
        require nz
        require_equal ax, 1E61h
        mov     ah, 00h
        int     16h
        require_equal ax, 1E61h
        keys    0E0h, 48h, 0E0h, 0C8h
        mov     ah, 00h
        int     16h
        require_equal ax, 4800h
        keys    0E0h, 1Ch, 0E0h, 9Ch
        mov     ah, 00h
        int     16h
        require_equal ax, 1C0Dh
        keys    57h, 0D7h
        mov     ah, 01h
        int     16h
        require z

        case "shift state by 02h and 12h"
        keys    1Dh, 0E0h, 38h, 2Ah
        mov     ah, 2
        int     16h
        require_equal al, 0Eh
        mov     ah, 12h
        int     16h
        require_equal al, 0Eh
        require_equal ah, 09h           ; right Alt, left Ctrl
        keys    9Dh, 0E0h, 0B8h, 0AAh
        mov     ah, 12h
        int     16h
        require_equal ax, 0

        case "Ctrl-Break: INT 1Bh, flag, an empty key"
        mov     word [1Bh * 4], on_break
        mov     word [1Bh * 4 + 2], 0
        mov     byte [471h], 0
        keys    1Eh, 9Eh, 1Dh, 0E0h, 46h, 0E0h, 0C6h, 9Dh
        require_equal byte [breaks], 1
        require_equal byte [471h], 80h
        mov     ah, 10h
        int     16h
        require_equal ax, 0
        mov     ah, 11h
        int     16h
        require z

        case "Print Screen calls INT 05h, SysReq calls INT 15h/85h"
        push    word [05h * 4]
        push    word [05h * 4 + 2]
        mov     word [05h * 4], on_print
        mov     word [05h * 4 + 2], 0
        keys    0E0h, 2Ah, 0E0h, 37h, 0E0h, 0B7h, 0E0h, 0AAh
        pop     word [05h * 4 + 2]
        pop     word [05h * 4]
        require_equal byte [prints], 1
        keys_give 7200h, 1Dh, 0E0h, 37h, 0E0h, 0B7h, 9Dh

        case "the intercept can change and swallow keys"
        mov     ax, [15h * 4]
        mov     [old_15], ax
        mov     ax, [15h * 4 + 2]
        mov     [old_15 + 2], ax
        mov     word [15h * 4], intercept
        mov     word [15h * 4 + 2], 0
        keys_give 1F73h, 1Eh, 9Eh, 30h, 0B0h    ; a becomes s, b is lost
        mov     ah, 11h
        int     16h
        require z
        cli
        mov     ax, [old_15]
        mov     [15h * 4], ax
        mov     ax, [old_15 + 2]
        mov     [15h * 4 + 2], ax
        sti

        case "Pause stops until a key that is not kept"
        mov     word [1Ch * 4], unpause
        mov     word [1Ch * 4 + 2], 0
        keys    0E1h, 1Dh, 45h          ; comes back when the timer has pressed a key
        cmp     byte [pause_ticks], 5
        require ae
        mov     ah, 11h
        int     16h
        require z

        case "abilities and keyboard ID"
        mov     ah, 09h
        int     16h
        test    al, 20h
        require nz
        mov     ah, 0Ah
        int     16h
        require_equal bl, 0ABh
        mov     ax, 9200h
        int     16h
        cmp     ah, 80h
        require be

        test_end

; Next key by 10h, or FFFFh when none comes.
next_key:
        mov     ah, 11h
        int     16h
        jz      .none
        mov     ah, 10h
        int     16h
        ret
.none:  mov     ax, 0FFFFh
        ret

; CS:SI = scan codes up to 0, each as if the keyboard had sent it.
press:  cs lodsb
        test    al, al
        jz      .done
        mov     ah, al
        call    idle
        mov     al, 0D2h
        out     64h, al
        call    idle
        mov     al, ah
        out     60h, al
.taken: in      al, 64h                 ; until INT 09h has read it
        test    al, 01h
        jnz     .taken
        mov     cx, 200
.gap:   in      al, 61h
        loop    .gap
        jmp     press
.done:  ret
idle:   in      al, 64h
        test    al, 02h
        jnz     idle
        ret

on_break:
        inc     byte [cs:breaks]
        iret
on_print:
        inc     byte [cs:prints]
        iret
breaks:         db 0
prints:         db 0

intercept:
        cmp     ah, 4Fh
        jne     .chain
        cmp     al, 1Eh
        jne     .b
        mov     al, 1Fh
.b:     cmp     al, 30h
        stc
        jne     .leave
        clc
.leave: sti
        retf    2
.chain: jmp     far [cs:old_15]
old_15:         dd 0

; After five ticks the timer lifts the pause by a key.
unpause:
        inc     byte [cs:pause_ticks]
        cmp     byte [cs:pause_ticks], 5
        jne     .done
        push    ax
        call    idle
        mov     al, 0D2h
        out     64h, al
        call    idle
        mov     al, 1Eh
        out     60h, al
        pop     ax
.done:  iret
pause_ticks:    db 0

        test_image
