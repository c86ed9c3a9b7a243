; INT 1Ah: timer ticks 00-01, clock and date 02-05, alarm 06-07, day counter 0A-0B.
; CF = 1 for a clock that does not run and for functions that are not here (PCI BIOS B1h among them).

int1a_time:
        enter_service
        sti
        cmp     ah, 0Bh
        ja      .none
        mov     bl, ah
        xor     bh, bh
        shl     bx, 1
        and     byte [bp + frame.flags], ~FLAG_CARRY & 0FFh
        call    [cs:.functions + bx]
        jnc     .leave
.none:  or      byte [bp + frame.flags], FLAG_CARRY
.leave: leave_service
.functions:
        dw      .get_ticks, .set_ticks, .get_time, .set_time
        dw      .get_date, .set_date, .set_alarm, .end_alarm
        dw      .absent, .absent, .get_days, .set_days
.absent:
        stc
        ret

.get_ticks:
        cli
        mov     al, 0
        xchg    al, [bda.midnight]
        mov     [bp + frame.al], al
        mov     ax, [bda.ticks]
        mov     [bp + frame.dx], ax
        mov     ax, [bda.ticks + 2]
        mov     [bp + frame.cx], ax
        clc
        ret

.set_ticks:
        cli
        mov     [bda.ticks], dx
        mov     [bda.ticks + 2], cx
        mov     byte [bda.midnight], 0
        clc
        ret

; Each table: CMOS index and where in the frame.
.get_time:
        mov     si, .time
        call    .get
        jc      .got
        mov     al, CMOS_STATUS_B       ; daylight saving
        call    cmos_read
        and     al, 01h
        mov     [bp + frame.dl], al
.got:   ret
.get_date:
        mov     si, .date
.get:   call    rtc_ready
        jc      .got
.get_next:
        cs lodsw
        cmp     al, 0FFh
        je      .get_end
        mov     bl, ah
        xor     bh, bh
        call    cmos_read
        add     bx, bp
        mov     [ss:bx], al
        jmp     .get_next
.get_end:
        clc
        ret

.time:  db      CMOS_HOURS, frame.ch, CMOS_MINUTES, frame.cl, CMOS_SECONDS, frame.dh, 0FFh, 0
.date:  db      CMOS_CENTURY, frame.ch, CMOS_YEAR, frame.cl, CMOS_MONTH, frame.dh
        db      CMOS_DAY, frame.dl, 0FFh, 0

.set_time:
        mov     si, .time
        call    .set_begin
        call    .set
        mov     al, CMOS_STATUS_B
        call    cmos_read
        and     al, 7Eh
        mov     ah, [bp + frame.dl]
        and     ah, 01h
        or      ah, al
        jmp     .set_end
.set_date:
        mov     si, .date
        call    .set_begin
        mov     ah, ch
        mov     al, CMOS_CENTURY_PS2
        call    cmos_write
        call    .set
        mov     al, CMOS_STATUS_B
        call    cmos_read
        and     al, 7Fh
        mov     ah, al
.set_end:
        mov     al, CMOS_STATUS_B       ; run again
        call    cmos_write
        clc
        ret
.set_begin:
        call    rtc_ready
        mov     al, CMOS_STATUS_B
        call    cmos_read
        or      al, 80h                 ; stop updates
        mov     ah, al
        mov     al, CMOS_STATUS_B
        jmp     cmos_write
.set:   cs lodsw
        cmp     al, 0FFh
        je      .set_done
        mov     bl, ah
        xor     bh, bh
        add     bx, bp
        mov     ah, [ss:bx]
        call    cmos_write
        jmp     .set
.set_done:
        ret

; CH, CL, DH = hour, minute, second; INT 4Ah comes then. CF = 1: one is set already.
.set_alarm:
        mov     al, CMOS_STATUS_B
        call    cmos_read
        test    al, 20h
        stc
        jnz     .alarm_done
        call    rtc_ready
        jc      .alarm_done
        mov     ax, [bp + frame.dx]     ; AH = second
        mov     al, 01h
        call    cmos_write
        mov     ah, [bp + frame.cl]
        mov     al, 03h
        call    cmos_write
        mov     ah, [bp + frame.ch]
        mov     al, 05h
        call    cmos_write
        in      al, PIC2_MASK           ; IRQ 8
        and     al, 0FEh
        out     PIC2_MASK, al
        mov     al, CMOS_STATUS_B
        call    cmos_read
        and     al, 7Fh
        or      al, 20h
.alarm_write:
        mov     ah, al
        mov     al, CMOS_STATUS_B
        call    cmos_write
        clc
.alarm_done:
        ret
.end_alarm:
        mov     al, CMOS_STATUS_B
        call    cmos_read
        and     al, 5Fh
        jmp     .alarm_write

.get_days:
        mov     ax, [bda.day_count]
        mov     [bp + frame.cx], ax
        clc
        ret
.set_days:
        mov     [bda.day_count], cx
        clc
        ret
