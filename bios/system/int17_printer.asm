; INT 17h: LPT ports, 00 print, 01 initialise, 02 status. AH = status: 80 not busy, 40 acknowledge,
; 20 out of paper, 10 selected, 08 error, 01 time-out.

int17_printer:
        enter_service
        sti
        cmp     dx, 3
        jae     .leave
        mov     di, dx
        shl     di, 1
        mov     dx, [bda.lpt + di]
        shr     di, 1
        test    dx, dx
        jz      .leave
        cmp     ah, 1
        jb      .print
        je      .initialise
        cmp     ah, 2
        je      .status
.leave: leave_service

.print: out     dx, al
        inc     dx
        mov     cl, [bda.lpt_timeout + di]
        mov     ch, 0
        inc     cx
.round: xor     bx, bx
.poll:  in      al, dx
        test    al, 80h
        jnz     .ready
        dec     bx
        jnz     .poll
        loop    .round
        mov     ah, al
        xor     ah, 48h
        and     ah, 0F8h
        or      ah, 01h
        jmp     .answer
.ready: inc     dx                      ; strobe
        in      al, dx
        mov     ah, al
        cli
        or      al, 01h
        out     dx, al
        out     POST_CODE, al           ; at least 0.5 us
        and     al, 0FEh
        out     dx, al
        sti
        dec     dx
        jmp     .status_at

.initialise:
        inc     dx
        inc     dx
        mov     al, 08h                 ; selected, INIT low
        out     dx, al
        mov     ax, 1
        call    delay_ms
        mov     al, 0Ch
        out     dx, al
        dec     dx
        jmp     .status_at

.status:
        inc     dx
.status_at:
        in      al, dx
        mov     ah, al
        and     ah, 0F8h
        xor     ah, 48h                 ; acknowledge and error are low when true
.answer:
        mov     [bp + frame.ah], ah
        jmp     .leave
