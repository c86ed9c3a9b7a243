; INT 16h: keyboard services. [PS2] for the enhanced functions 10h-12h and what 00h-02h hide of them.
; 00 read, 01 look, 02 shifts, 03 typematic, 05 store, 09 abilities, 0A keyboard ID, 10-12 enhanced;
; 92h and A2h are questions of KEYB. Everything else returns unchanged.

int16_keyboard:
        enter_service
        sti
        cmp     ah, 12h
        ja      .keyb
        mov     bl, ah
        xor     bh, bh
        shl     bx, 1
        call    [cs:.functions + bx]
.leave: leave_service
.keyb:  cmp     ah, 92h
        jne     .leave
        mov     byte [bp + frame.ah], 80h       ; "10h-12h exist"
        jmp     .leave
.functions:
        dw      .read, .look, .shifts, .typematic, .none, .store, .none, .none
        dw      .none, .abilities, .id, .none, .none, .none, .none, .none
        dw      .read_enhanced, .look_enhanced, .shifts_enhanced
.none:  ret

.read:  call    key_wait
        call    key_plain
        jc      .read                   ; a code old programs never saw: dropped
        mov     [bp + frame.ax], ax
        ret

.read_enhanced:
        call    key_wait
        call    key_enhanced
        mov     [bp + frame.ax], ax
        ret

.look:  call    key_peek
        jz      .empty
        call    key_plain
        jnc     .there
        call    key_wait                ; drop it and look at the next
        jmp     .look

.look_enhanced:
        call    key_peek
        jz      .empty
        call    key_enhanced
.there: mov     [bp + frame.ax], ax
        and     byte [bp + frame.flags], ~FLAG_ZERO & 0FFh
        ret
.empty: or      byte [bp + frame.flags], FLAG_ZERO
        ret

.shifts:
        mov     al, [bda.shift_flags]
        mov     [bp + frame.al], al
        ret

; AH: bit 7 SysReq, 6-4 caps num scroll held, 3 right alt, 2 right ctrl, 1 left alt, 0 left ctrl.
.shifts_enhanced:
        mov     al, [bda.shift_flags2]
        mov     ah, al
        and     ah, HELD_SYSREQ
        mov     cl, 5
        shl     ah, cl
        and     al, 73h
        or      ah, al
        mov     al, [bda.key_mode]
        and     al, HELD_RALT | HELD_RCTRL
        or      ah, al
        mov     al, [bda.shift_flags]
        mov     [bp + frame.ax], ax
        ret

; AL = 5, BH delay 0-3, BL rate 0-1Fh; AL = 0 default.
.typematic:
        mov     bx, [bp + frame.bx]
        cmp     al, 5
        je      .set_rate
        test    al, al
        jnz     .none
        mov     bx, 010Bh               ; 500 ms, 10.9 a second
.set_rate:
        cmp     bh, 3
        ja      .none
        cmp     bl, 1Fh
        ja      .none
        mov     cl, 5
        shl     bh, cl
        or      bl, bh
        cli                             ; the answers are read here, not by INT 09h
        mov     al, 0F3h
        call    keyboard_send
        jc      .sent
        mov     al, bl
        call    keyboard_send
.sent:  sti
        ret

.store: mov     ax, cx
        cli
        call    key_store
        sti
        mov     al, 0
        adc     al, 0
        mov     [bp + frame.al], al
        ret

.abilities:
        mov     byte [bp + frame.al], 30h       ; 0Ah and 10h-12h
        ret

.id:    mov     word [bp + frame.bx], 41ABh
        ret

; Waits in HLT for a key and takes it: AX. Clobbers BX.
key_wait:
        mov     bx, [bda.key_head]
        cmp     bx, [bda.key_tail]
        jne     .there
        mov     ax, 9002h               ; a multitasker may do something else
        int     15h
.wait:  cli
        mov     bx, [bda.key_head]
        cmp     bx, [bda.key_tail]
        jne     .there
        sti
        hlt
        jmp     .wait
.there: cli
        mov     bx, [bda.key_head]
        mov     ax, [bx]
        add     bx, 2
        cmp     bx, [bda.key_end]
        jb      .no_wrap
        mov     bx, [bda.key_start]
.no_wrap:
        mov     [bda.key_head], bx
        sti
        ret

; AX = next key, ZF = 1 none. Clobbers BX.
key_peek:
        cli
        mov     bx, [bda.key_head]
        mov     ax, [bx]
        cmp     bx, [bda.key_tail]
        sti
        ret

; Makes a code in AX what the plain functions show; CF = 1: nothing.
key_plain:
        cmp     ah, 0E0h
        jne     .not_grey
        mov     ah, 35h                 ; grey / and Enter look like the others
        cmp     al, 2Fh
        je      .done                   ; CF = 0
        mov     ah, 1Ch
        clc
        ret
.not_grey:
        cmp     ah, 84h
        ja      .hide
        test    ah, ah
        jz      .done                   ; Alt + number: any character
        cmp     al, 0F0h
        je      .hide
        cmp     al, 0E0h
        jne     .clear
        mov     al, 0
.clear: clc
.done:  ret
.hide:  stc
        ret

key_enhanced:
        cmp     al, 0F0h
        jne     .done
        test    ah, ah
        jz      .done
        mov     al, 0
.done:  ret
