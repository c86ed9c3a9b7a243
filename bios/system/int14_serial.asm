; INT 14h: COM ports, 00 set up, 01 send, 02 receive, 03 status; [PS2] 04 extended set-up, 05 modem
; control. Waits end after the port's time-out in BDA 7Ch. Hand-shake lines are not waited for: what
; hangs on an emulated port seldom has them.

int14_serial:
        enter_service
        sti
        cmp     dx, 4
        jae     .leave
        mov     di, dx
        shl     di, 1
        mov     dx, [bda.com + di]      ; DX = port
        shr     di, 1                   ; DI = number
        test    dx, dx
        jz      .leave
        cmp     ah, 5
        ja      .leave
        mov     bl, ah
        xor     bh, bh
        shl     bx, 1
        call    [cs:.functions + bx]
.leave: leave_service
.functions:
        dw      .setup, .send, .receive, .status, .extended_setup, .modem_control

; AL = rate in bits 7-5, parity 4-3, stop bits 2, length 1-0.
.setup: mov     ah, al
        mov     cl, 4
        rol     al, cl
        and     al, 0Eh                 ; rate x 2
        mov     bl, al
        xor     bh, bh
        mov     bx, [cs:baud_table + bx]
        and     ah, 1Fh
        jmp     .set_line

; BX = divisor, AH = line control.
.set_line:
        add     dx, 3
        mov     al, 80h                 ; divisor latch
        out     dx, al
        sub     dx, 3
        mov     al, bl
        out     dx, al
        inc     dx
        mov     al, bh
        out     dx, al
        inc     dx
        inc     dx
        mov     al, ah
        out     dx, al
        dec     dx
        dec     dx
        mov     al, 0                   ; no interrupts
        out     dx, al
        dec     dx
        ; fall through

; AH = line status, AL = modem status.
.status:
        add     dx, 5
        in      al, dx
        mov     ah, al
        inc     dx
        in      al, dx
        mov     [bp + frame.ax], ax
        ret

; AL = character; AH = line status, bit 7 = time-out.
.send:  mov     ah, al
        push    ax
        add     dx, 4
        mov     al, 03h                 ; DTR, RTS
        out     dx, al
        inc     dx
        mov     bl, 20h                 ; transmitter empty
        call    .wait
        pop     bx                      ; BH = character
        mov     [bp + frame.ah], ah
        jc      .return
        sub     dx, 5
        mov     al, bh
        out     dx, al
.return:
        ret

; AL = character, AH = line status, bit 7 = time-out.
.receive:
        add     dx, 4
        mov     al, 01h                 ; DTR
        out     dx, al
        inc     dx
        mov     bl, 01h                 ; data ready
        call    .wait
        jc      .received
        and     ah, 1Eh                 ; errors only
        sub     dx, 5
        in      al, dx
        mov     [bp + frame.al], al
.received:
        mov     [bp + frame.ah], ah
        ret

; Until line status (port DX) AND BL: AH = it; else CF = 1, AH with bit 7.
.wait:  push    cx
        push    di
        mov     cl, [bda.com_timeout + di]
        mov     ch, 0
        jcxz    .once
.round: xor     di, di
.poll:  in      al, dx
        mov     ah, al
        test    al, bl
        jnz     .ready                  ; CF = 0
        dec     di
        jnz     .poll
        loop    .round
.late:  or      ah, 80h
        stc
.ready: pop     di
        pop     cx
        ret
.once:  in      al, dx
        mov     ah, al
        test    al, bl
        jnz     .ready
        jmp     .late

; AL break, BH parity, BL stop bits, CH length - 5, CL rate 0-8.
.extended_setup:
        mov     bx, [bp + frame.bx]
        mov     cx, [bp + frame.cx]
        cmp     cl, 8
        ja      .return
        and     ch, 03h
        mov     ah, ch
        test    bl, bl
        jz      .one_stop
        or      ah, 04h
.one_stop:
        cmp     bh, 4
        ja      .return
        push    bx
        mov     bl, bh
        xor     bh, bh
        or      ah, [cs:.parity + bx]
        pop     bx
        test    al, al
        jz      .no_break
        or      ah, 40h
.no_break:
        mov     bl, cl
        xor     bh, bh
        shl     bx, 1
        mov     bx, [cs:baud_table_all + bx]
        jmp     .set_line
.parity:
        db      00h, 08h, 18h, 28h, 38h ; none, odd, even, mark, space

; AL = 0 read, 1 write BL = modem control.
.modem_control:
        add     dx, 4
        test    al, al
        jz      .read_control
        mov     al, [bp + frame.bl]
        out     dx, al
        jmp     .control_done
.read_control:
        in      al, dx
        mov     [bp + frame.bl], al
.control_done:
        sub     dx, 4
        jmp     .status

baud_table_all:                         ; 110 to 9600 as at E729h, then 19200
        dw      0417h, 0300h, 0180h, 00C0h, 0060h, 0030h, 0018h, 000Ch, 0006h
