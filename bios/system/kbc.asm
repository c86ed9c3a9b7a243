; The 8042 keyboard controller: commands to itself, to the keyboard and to the mouse, all polled.
; Used at POST and by INT 15h/C2h and INT 16h/03h; keys come by IRQ 1 (int09_keyboard.asm).
; Every wait is limited: a dead controller costs milliseconds, not the machine.

KBC_OUT_FULL    equ 01h
KBC_IN_FULL     equ 02h
KBC_FROM_MOUSE  equ 20h

; command byte
KBC_IRQ1        equ 01h
KBC_IRQ12       equ 02h
KBC_SYSTEM      equ 04h
KBC_KEYS_OFF    equ 10h
KBC_MOUSE_OFF   equ 20h
KBC_TRANSLATE   equ 40h

; Waits until the controller takes a byte. CF = 1: it does not within 100 ms. Keeps all registers.
kbc_wait_ready:
        push    ax
        in      al, KBC_STATUS
        test    al, KBC_IN_FULL         ; clears CF
        jz      .done
        push    bx
        push    si
        push    di
        mov     ax, 100
        call    time_limit
.poll:  in      al, KBC_STATUS
        test    al, KBC_IN_FULL
        jz      .ready
        call    time_left
        jnc     .poll
.ready: pop     di
        pop     si
        pop     bx
.done:  pop     ax
        ret

; AL = command for the controller. CF = 1: not taken. Keeps all registers.
kbc_command:
        call    kbc_wait_ready
        jc      .done
        out     KBC_COMMAND, al
.done:  ret

; AL = byte for the keyboard, or parameter of a controller command. CF = 1: not taken.
kbc_write:
        call    kbc_wait_ready
        jc      .done
        out     KBC_DATA, al
.done:  ret

; Waits AX milliseconds for a byte, from the mouse (CX = KBC_FROM_MOUSE) or not (CX = 0); what comes
; from the other side is dropped. AL = byte, or CF = 1. Keeps all else.
kbc_read:
        push    bx
        push    si
        push    di
        call    time_limit
.poll:  in      al, KBC_STATUS
        mov     ah, al
        test    al, KBC_OUT_FULL
        jnz     .byte
        call    time_left
        jnc     .poll
        jmp     .done
.byte:  in      al, KBC_DATA
        xor     ah, cl
        test    ah, KBC_FROM_MOUSE      ; clears CF
        jnz     .poll
.done:  pop     di
        pop     si
        pop     bx
        ret

; Empties the output buffer.
kbc_flush:
        push    ax
        push    cx
        mov     cx, 32
.next:  in      al, KBC_STATUS
        test    al, KBC_OUT_FULL
        jz      .done
        in      al, KBC_DATA
        loop    .next
.done:  pop     cx
        pop     ax
        ret

; AL = controller's command byte. CF = 1: no answer.
kbc_get_mode:
        mov     al, 20h
        call    kbc_command
        jc      .done
        mov     ax, 20
        push    cx
        xor     cx, cx
        call    kbc_read
        pop     cx
.done:  ret

; AL = new command byte. Keeps all registers.
kbc_set_mode:
        push    ax
        push    ax
        mov     al, 60h
        call    kbc_command
        pop     ax
        jc      .done
        call    kbc_write
.done:  pop     ax
        ret

; AL = byte to the keyboard; CF = 0 when it answered FAh. Clobbers AX.
keyboard_send:
        call    kbc_write
        jc      .done
        push    cx
        xor     cx, cx
        mov     ax, 100
        call    kbc_read
        pop     cx
        jc      .done
        cmp     al, 0FAh
        je      .done                   ; CF = 0
        stc
.done:  ret

; AL = byte to the mouse; CF = 0 when it answered FAh, else AL = FEh asks to send again.
mouse_send:
        push    ax
        mov     al, 0D4h
        call    kbc_command
        pop     ax
        jc      .done
        call    kbc_write
        jc      .done
        call    mouse_receive
        jc      .done
        cmp     al, 0FAh
        je      .done
        stc
.done:  ret

; AL = next byte from the mouse within 100 ms, or CF = 1.
mouse_receive:
        mov     ax, 100
        ; fall through

; The same within AX milliseconds.
mouse_receive_within:
        push    cx
        mov     cx, KBC_FROM_MOUSE
        call    kbc_read
        pop     cx
        ret

; POST: tests the controller, resets the keyboard, looks for a mouse. DS = BDA, IRQ 1 masked.
; Leaves the command byte with IRQ 1 and translation on and the mouse off until INT 15h/C2h wants it.
keyboard_init:
        call    kbc_flush
        mov     al, 0AAh
        call    kbc_command
        mov     ax, 300
        xor     cx, cx
        call    kbc_read
        jc      .no_controller
        cmp     al, 55h
        jne     .no_controller
        mov     al, KBC_TRANSLATE | KBC_SYSTEM | KBC_MOUSE_OFF
        call    kbc_set_mode
        mov     al, 0AEh
        call    kbc_command

        mov     al, 0FFh                ; reset: FAh, then AAh after its self test
        call    keyboard_send
        jc      .no_keyboard
        mov     ax, 900
        call    kbc_read
        jc      .no_keyboard
        cmp     al, 0AAh
        jne     .no_keyboard
        call    keyboard_identify
        mov     al, 0F4h                ; enable scanning
        call    keyboard_send
        jmp     .mouse
.no_keyboard:
        or      byte [es:ebda.post_errors], POST_NO_KEYBOARD
.mouse: call    mouse_init
        mov     al, KBC_TRANSLATE | KBC_SYSTEM | KBC_MOUSE_OFF | KBC_IRQ1
        call    kbc_set_mode
        call    kbc_flush
        ret
.no_controller:
        or      byte [es:ebda.post_errors], POST_NO_KEYBOARD
        ret

; A 101-key keyboard answers ABh 83h (translated 41h), an 84-key one only FAh.
keyboard_identify:
        mov     al, 0F2h
        call    keyboard_send
        jc      .done
        mov     ax, 10
        xor     cx, cx
        call    kbc_read
        jc      .done
        cmp     al, 0ABh
        jne     .done
        or      byte [bda.key_mode], KEYS_101
        mov     ax, 10
        call    kbc_read
.done:  ret

; A mouse answers a reset with FAh AAh 00h.
mouse_init:
        mov     al, 0A8h
        call    kbc_command
        mov     al, KBC_TRANSLATE | KBC_SYSTEM | KBC_KEYS_OFF
        call    kbc_set_mode
        mov     al, 0A9h                ; interface test: 00h
        call    kbc_command
        mov     ax, 20
        xor     cx, cx
        call    kbc_read
        jc      .none
        test    al, al
        jnz     .none
        mov     al, 0FFh
        call    mouse_send
        jc      .none
        mov     ax, 900
        call    mouse_receive_within
        jc      .none
        cmp     al, 0AAh
        jne     .none
        call    mouse_receive           ; its ID
        or      byte [bda.equipment], 04h
        ret
.none:  and     byte [bda.equipment], ~04h & 0FFh
        ret
