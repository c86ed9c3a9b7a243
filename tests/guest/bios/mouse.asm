; INT 15h/C2h and INT 74h. Movements are put in by the 8042's command D3h, as if the mouse sent them.
; Without a mouse the functions must refuse.
%define TEST_NAME "mouse"
%include "harness.inc"

        test_begin

        int     11h
        test    al, 04h
        jnz     mouse_there
        case "no mouse: refused"
        mov     ax, 0C201h
        int     15h
        require c
        jmp     mouse_done

mouse_there:
        case "reset answers AAh and type 0"
        mov     ax, 0C201h
        int     15h
        require nc
        require_equal bx, 00AAh
        mov     ax, 0C205h
        mov     bh, 3
        int     15h
        require nc
        mov     ax, 0C204h
        int     15h
        require nc
        require_equal bh, 0

        case "enable without a handler: 05"
        mov     ax, 0C200h
        mov     bh, 1
        int     15h
        require c
        require_equal ah, 05h

        case "rate, resolution, scaling and status"
        mov     ax, 0C202h
        mov     bh, 6
        int     15h
        require nc
        mov     ax, 0C203h
        mov     bh, 3
        int     15h
        require nc
        mov     ax, 0C206h
        mov     bh, 2
        int     15h
        require nc
        mov     ax, 0C206h
        mov     bh, 0
        int     15h
        require nc
        require_equal dl, 200
        require_equal cl, 3
        test    bl, 10h
        require nz, "scaling 2:1"
        mov     ax, 0C206h
        mov     bh, 1
        int     15h
        require nc
        mov     ax, 0C202h
        mov     bh, 7
        int     15h
        require c
        require_equal ah, 02h
        mov     ax, 0C208h
        int     15h
        require c
        require_equal ah, 01h

        case "a packet reaches the handler"
        push    ds
        pop     es
        mov     ax, 0C207h
        mov     bx, handler
        int     15h
        require nc
        mov     ax, 0C200h
        mov     bh, 1
        int     15h
        require nc
        mov     si, .packets
        mov     cx, 6
.byte:  lodsb
        call    from_mouse
        loop    .byte
        require_equal word [calls], 2
        require_equal word [status], 0019h
        require_equal word [x], 00F6h
        require_equal word [y], 0020h
        require_equal word [z], 0

        case "the keyboard still works"
        mov     al, 0D2h
        out     64h, al
        call    idle
        mov     al, 1Eh
        out     60h, al
        mov     cx, 2
.key:   hlt
        loop    .key
        mov     ah, 1
        int     16h
        require nz
        require_equal ax, 1E61h

        case "disable, and no handler any more"
        mov     ax, 0C200h
        mov     bh, 0
        int     15h
        require nc
        xor     ax, ax
        mov     es, ax
        xor     bx, bx
        mov     ax, 0C207h
        int     15h
        require nc
        jmp     mouse_done
.packets:
        db      08h, 05h, 07h, 19h, 0F6h, 20h

mouse_done:
        test_end

; AL = byte from the mouse.
from_mouse:
        push    cx
        mov     ah, al
        call    idle
        mov     al, 0D3h
        out     64h, al
        call    idle
        mov     al, ah
        out     60h, al
.taken: in      al, 64h
        test    al, 01h
        jnz     .taken
        mov     cx, 200
.gap:   in      al, 61h
        loop    .gap
        pop     cx
        ret
idle:   in      al, 64h
        test    al, 02h
        jnz     idle
        ret

handler:
        push    bp
        mov     bp, sp
        push    ax
        inc     word [cs:calls]
        mov     ax, [bp + 12]
        mov     [cs:status], ax
        mov     ax, [bp + 10]
        mov     [cs:x], ax
        mov     ax, [bp + 8]
        mov     [cs:y], ax
        mov     ax, [bp + 6]
        mov     [cs:z], ax
        pop     ax
        pop     bp
        retf
calls:          dw 0
status:         dw 0
x:              dw 0
y:              dw 0
z:              dw 0

        test_image
