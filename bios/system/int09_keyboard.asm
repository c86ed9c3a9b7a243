; INT 09h: IRQ 1, a scan code of set 1 (translated by the 8042) becomes a word in the key buffer.
; [PS2] keyboard section for the codes; E0 and E1 prefixes, lock keys with LEDs, Alt + number,
; Pause, Print Screen, Ctrl-Break, Ctrl-Alt-Del, SysReq, the INT 15h/4Fh hook.
; LEDs are set without waiting: each answer FAh of the keyboard comes as an interrupt of its own
; and moves the two-byte command one step on.
; Not here: other layouts (KEYB's business), the click of the PC convertible.

int09_keyboard:
        enter_service
        in      al, KBC_DATA
        mov     ah, 4Fh                 ; keyboard intercept: may change or swallow the code
        stc
        int     15h
        jnc     .end
        call    led_answer              ; FAh, FEh
        jz      .end
        cmp     al, 0E0h
        jne     .not_e0
        or      byte [bda.key_mode], SEEN_E0
        jmp     .end
.not_e0:
        cmp     al, 0E1h
        jne     .key
        or      byte [bda.key_mode], SEEN_E1
        jmp     .end
.key:   mov     ah, [bda.key_mode]      ; AH = prefixes of this code from here on
        test    ah, SEEN_E1
        jnz     .e1
        and     byte [bda.key_mode], ~(SEEN_E0 | SEEN_E1) & 0FFh
        call    key_modifier
        jc      .end_leds               ; handled
        test    al, 80h
        jnz     .end
        call    key_pressed             ; BX = what to do after the EOI, or 0
        jmp     .eoi
.e1:    call    key_e1
        jmp     .eoi
.end_leds:
        call    led_update
.end:   xor     bx, bx
.eoi:   mov     al, EOI
        out     PIC1, al
        test    bx, bx
        jz      .leave
        call    bx
.leave: leave_service

; --- modifiers and locks ----------------------------------------------------------------------------
; AL = code, AH = prefixes. CF = 1: it was one and is done with (Ins goes on as a key).
key_modifier:
        mov     bl, al
        and     bl, 7Fh
        mov     cl, SHIFT_LEFT
        cmp     bl, 2Ah
        je      .shift
        mov     cl, SHIFT_RIGHT
        cmp     bl, 36h
        je      .shift
        mov     cx, HELD_RCTRL << 8 | HELD_LCTRL
        mov     dl, SHIFT_CTRL
        cmp     bl, 1Dh
        je      .pair
        mov     cx, HELD_RALT << 8 | HELD_LALT
        mov     dl, SHIFT_ALT
        cmp     bl, 38h
        je      .pair
        test    ah, SEEN_E0
        jnz     .insert                 ; E0 46 is Ctrl-Break
        mov     cl, LOCK_CAPS
        cmp     bl, 3Ah
        je      .lock
        test    byte [bda.shift_flags], SHIFT_CTRL
        jnz     .no                     ; Ctrl + Num Lock = Pause, Ctrl + Scroll Lock = Break
        mov     cl, LOCK_NUM
        cmp     bl, 45h
        je      .lock
        mov     cl, LOCK_SCROLL
        cmp     bl, 46h
        je      .lock
.insert:
        cmp     bl, 52h
        je      .insert_key
.no:    clc
        ret

.shift: test    ah, SEEN_E0
        jnz     .yes                    ; the shift that wraps grey keys is not meant
        test    al, 80h
        jnz     .shift_up
        or      [bda.shift_flags], cl
        jmp     .yes
.shift_up:
        not     cl
        and     [bda.shift_flags], cl
.yes:   stc
        ret

; Ctrl and Alt exist twice: the flag in shift_flags is up only when both keys are.
.pair:  mov     si, bda.shift_flags2
        test    ah, SEEN_E0
        jz      .side
        mov     cl, ch
        mov     si, bda.key_mode
.side:  test    al, 80h
        jnz     .pair_up
        or      [si], cl
        or      [bda.shift_flags], dl
        jmp     .yes
.pair_up:
        mov     dh, cl
        not     dh
        and     [si], dh
        mov     cx, HELD_RCTRL << 8 | HELD_LCTRL
        cmp     dl, SHIFT_CTRL
        je      .other
        mov     cx, HELD_RALT << 8 | HELD_LALT
.other: test    [bda.shift_flags2], cl
        jnz     .yes
        test    [bda.key_mode], ch
        jnz     .yes
        not     dl
        and     [bda.shift_flags], dl
        cmp     dl, ~SHIFT_ALT & 0FFh
        jne     .yes
        xor     ax, ax                  ; Alt released: the number typed on the keypad
        xchg    al, [bda.alt_keypad]
        test    al, al
        jz      .yes
        call    key_store_or_beep
        jmp     .yes

; A lock toggles once per press; the pressed bit in shift_flags2 stops typematic repeats.
.lock:  call    .toggle
        jmp     .yes
.toggle:
        test    al, 80h
        jnz     .lock_up
        test    [bda.shift_flags2], cl
        jnz     .toggled
        or      [bda.shift_flags2], cl
        xor     [bda.shift_flags], cl
        ret
.lock_up:
        not     cl
        and     [bda.shift_flags2], cl
.toggled:
        ret

; Insert also yields a key, unless it is the digit 0 or part of Alt + number.
.insert_key:
        test    ah, SEEN_E0
        jnz     .insert_toggle
        test    al, 80h
        jnz     .insert_toggle          ; released: whatever the shifts are by now
        test    byte [bda.shift_flags], SHIFT_ALT | SHIFT_CTRL
        jnz     .no
        mov     bl, [bda.shift_flags]
        call    keypad_is_numeric
        jnz     .no
.insert_toggle:
        mov     cl, LOCK_INSERT
        call    .toggle
        jmp     .no

; ZF = 0 when shift_flags in BL make the keypad give digits: Num Lock or Shift, not both.
; Clobbers BL.
keypad_is_numeric:
        push    cx
        mov     ch, 0
        test    bl, SHIFT_LEFT | SHIFT_RIGHT
        jz      .lock
        mov     ch, LOCK_NUM
.lock:  and     bl, LOCK_NUM
        xor     bl, ch
        pop     cx
        ret

; --- ordinary keys ----------------------------------------------------------------------------------
; AL = make code, AH = prefixes. BX = routine to call after the EOI, or 0.
key_pressed:
        test    byte [bda.shift_flags2], PAUSED
        jz      .running
        cmp     al, 45h                 ; Ctrl + Num Lock does not end what it began
        je      .none
        and     byte [bda.shift_flags2], ~PAUSED & 0FFh
        jmp     .none
.running:
        mov     bl, [bda.shift_flags]
        mov     bh, bl
        and     bh, SHIFT_CTRL | SHIFT_ALT
        cmp     bh, SHIFT_CTRL | SHIFT_ALT
        jne     .special
        cmp     al, 53h
        je      key_reboot
.special:
        cmp     al, 37h
        je      .print_screen
        cmp     al, 54h
        je      .sysreq
        cmp     al, 46h
        je      .break
        cmp     al, 45h
        jne     .table
        mov     bx, pause               ; with Ctrl: without it was a lock key
        ret
.break: mov     bx, break
        ret

.print_screen:
        test    ah, SEEN_E0
        jnz     .grey_print
        test    byte [bda.key_mode], KEYS_101
        jnz     .table                  ; a keypad * and nothing else
        test    bl, SHIFT_LEFT | SHIFT_RIGHT
        jz      .table
        mov     bx, print_screen
        ret
.grey_print:
        test    bl, SHIFT_CTRL
        mov     bx, print_screen
        jz      .return
        mov     ax, 7200h
        jmp     .store
.return:
        ret

.sysreq:
        test    byte [bda.shift_flags2], HELD_SYSREQ
        jnz     .none
        or      byte [bda.shift_flags2], HELD_SYSREQ
        mov     bx, sysreq
        ret

.table: test    ah, SEEN_E0
        jnz     key_grey
        cmp     al, KEYMAP_LAST
        ja      .none
        test    al, al
        jz      .none
        test    bl, SHIFT_ALT
        jz      .column
        call    alt_number
        jc      .none
.column:
        mov     ch, al                  ; CH = scan code
        call    key_column              ; SI = 0, 2, 4, 6
        mov     bl, ch
        dec     bl
        xor     bh, bh
        mov     cl, 3
        shl     bx, cl
        mov     ax, [cs:keymap + bx + si]
        test    ax, ax
        jz      .none
.store: call    key_store_or_beep
        mov     bx, post_key
        ret
.none:  xor     bx, bx
        ret

; AL = scan code, BL = shift_flags -> SI = 2 * column of the keymap. Clobbers BX, CL.
key_column:
        mov     si, 6
        test    bl, SHIFT_ALT
        jnz     .done
        mov     si, 4
        test    bl, SHIFT_CTRL
        jnz     .done
        xor     si, si
        cmp     al, 47h
        jb      .not_keypad
        cmp     al, 53h
        ja      .not_keypad
        call    keypad_is_numeric
        jz      .done
        mov     si, 2
        ret
.not_keypad:
        mov     cl, bl
        test    bl, SHIFT_LEFT | SHIFT_RIGHT
        jz      .caps
        mov     si, 2
.caps:  test    cl, LOCK_CAPS
        jz      .done
        push    ax
        xor     ah, ah
        dec     ax
        shl     ax, 1
        shl     ax, 1
        shl     ax, 1
        mov     bx, ax
        mov     al, [cs:keymap + bx]    ; Caps Lock turns letters round, and only them
        cmp     al, 'a'
        jb      .other
        cmp     al, 'z'
        ja      .other
        xor     si, 2
.other: pop     ax
.done:  ret

; A key after E0: the grey cursor block and what the 101-key layout has twice.
key_grey:
        cmp     al, 1Ch
        je      .enter
        cmp     al, 35h
        je      .slash
        cmp     al, 47h
        jb      key_pressed.none
        cmp     al, 53h
        ja      key_pressed.none
        mov     ah, al
        test    bl, SHIFT_ALT
        jnz     .alt
        test    bl, SHIFT_CTRL
        jz      .store
        mov     bl, al
        dec     bl
        xor     bh, bh
        mov     cl, 3
        shl     bx, cl
        mov     ah, [cs:keymap + bx + 5]
.store: mov     al, 0E0h
        jmp     key_pressed.store
.alt:   add     ah, 50h                 ; 97h-A3h
        mov     al, 0
        jmp     key_pressed.store
.enter: mov     si, .enter_codes
        jmp     .pick
.slash: mov     si, .slash_codes
.pick:  test    bl, SHIFT_ALT
        jnz     .third
        test    bl, SHIFT_CTRL
        jnz     .second
        mov     ax, [cs:si]
        jmp     key_pressed.store
.second:
        mov     ax, [cs:si + 2]
        jmp     key_pressed.store
.third: mov     ax, [cs:si + 4]
        jmp     key_pressed.store
.enter_codes:
        dw      0E00Dh, 0E00Ah, 0A600h
.slash_codes:
        dw      0E02Fh, 9500h, 0A400h

; Alt with a keypad digit: collects the number. CF = 1: it was one.
alt_number:
        cmp     al, 47h
        jb      .no
        cmp     al, 52h
        ja      .no
        push    bx
        mov     bl, al
        xor     bh, bh
        mov     bl, [cs:keypad_digits + bx - 47h]
        cmp     bl, 0FFh
        je      .not_digit
        push    ax
        mov     al, 10
        mul     byte [bda.alt_keypad]
        add     al, bl
        mov     [bda.alt_keypad], al
        pop     ax
        pop     bx
        stc
        ret
.not_digit:
        pop     bx
.no:    clc
        ret

; Pause: E1 1D 45 E1 9D C5. AL = code after E1. BX as key_pressed.
key_e1:
        xor     bx, bx
        mov     ah, al
        and     ah, 7Fh
        cmp     ah, 1Dh
        je      .done                   ; E1 still holds for the next one
        and     byte [bda.key_mode], ~(SEEN_E0 | SEEN_E1) & 0FFh
        cmp     al, 45h
        jne     .done
        test    byte [bda.shift_flags2], PAUSED
        jnz     .done
        mov     bx, pause
.done:  ret

; --- after the EOI: routines that may take their time ------------------------------------------------
post_key:
        mov     ax, 9102h               ; a key is there
        int     15h
        ret

sysreq: mov     ax, 8500h
        sti
        int     15h
        ret

print_screen:
        sti
        int     05h
        ret

break:  mov     byte [bda.break_flag], 80h
        mov     ax, [bda.key_start]
        mov     [bda.key_head], ax
        mov     [bda.key_tail], ax
        xor     ax, ax
        call    key_store
        sti
        int     1Bh
        ret

; Stops the machine until another key is pressed; interrupts go on.
pause:  or      byte [bda.shift_flags2], PAUSED
.wait:  sti
        hlt
        test    byte [bda.shift_flags2], PAUSED
        jnz     .wait
        ret

key_reboot:
        mov     word [bda.reset_flag], 1234h    ; POST skips the memory test
        mov     al, 0FEh
        out     KBC_COMMAND, al
        mov     cx, 1000
.wait:  loop    .wait
        jmp     ROM_SEGMENT:0FFF0h              ; a controller that did not

; --- the buffer -----------------------------------------------------------------------------------------
; AX = code. CF = 1: the buffer is full. Clobbers BX, SI. DS = BDA.
key_store:
        mov     si, [bda.key_tail]
        mov     bx, si
        add     si, 2
        cmp     si, [bda.key_end]
        jb      .no_wrap
        mov     si, [bda.key_start]
.no_wrap:
        cmp     si, [bda.key_head]
        stc
        je      .done
        mov     [bx], ax
        mov     [bda.key_tail], si
        clc
.done:  ret

key_store_or_beep:
        call    key_store
        jnc     .done
        ; about 1000 Hz for 40 ms on the timer's speaker channel
        push    ax
        mov     al, 0B6h
        out     PIT_CONTROL, al
        mov     al, 1193 & 0FFh
        out     PIT_2, al
        mov     al, 1193 >> 8
        out     PIT_2, al
        in      al, PORT_B
        push    ax
        or      al, 03h
        out     PORT_B, al
        mov     ax, 40
        call    delay_ms
        pop     ax
        out     PORT_B, al
        pop     ax
.done:  ret

; --- LEDs -----------------------------------------------------------------------------------------------
; Starts ED when the lock flags and the LEDs differ. Keeps all but AX.
led_update:
        call    led_wanted
        mov     ah, [bda.key_leds]
        xor     ah, al
        test    ah, LED_MASK
        jz      .done
        in      al, KBC_STATUS
        test    al, KBC_IN_FULL
        jnz     .done                   ; the next key tries again
        and     byte [bda.key_leds], ~LED_ACK & 0FFh
        or      byte [bda.key_leds], LED_BUSY
        mov     al, 0EDh
        out     KBC_DATA, al
.done:  ret

; AL = lock flags in the order of the LED command.
led_wanted:
        mov     al, [bda.shift_flags]
        push    cx
        mov     cl, 4
        shr     al, cl
        pop     cx
        and     al, LED_MASK
        ret

; AL = byte from the keyboard. ZF = 1: it was an answer and is done with. Clobbers AH.
led_answer:
        cmp     al, 0FEh
        je      .resend
        cmp     al, 0FAh
        jne     .done
        test    byte [bda.key_leds], LED_BUSY
        jz      .taken
        test    byte [bda.key_leds], LED_ACK
        jnz     .second
        or      byte [bda.key_leds], LED_ACK
        call    led_wanted
        mov     ah, [bda.key_leds]
        and     ah, ~LED_MASK & 0FFh
        or      ah, al
        mov     [bda.key_leds], ah
        out     KBC_DATA, al
        jmp     .taken
.second:
        and     byte [bda.key_leds], ~(LED_BUSY | LED_ACK) & 0FFh
        call    led_update              ; changed meanwhile?
        jmp     .taken
.resend:
        and     byte [bda.key_leds], ~(LED_BUSY | LED_ACK) & 0FFh
.taken: xor     ah, ah                  ; ZF = 1
.done:  ret
