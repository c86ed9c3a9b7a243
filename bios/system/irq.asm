; Hardware interrupts that have no device driver of their own: timer, clock, coprocessor, NMI, and
; what to do with a request nobody expects.

; IRQ 0, 18.2 times a second.
int08_timer:
        sti
        push    ds
        push    ax
        push    dx
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        inc     word [bda.ticks]
        jnz     .low
        inc     word [bda.ticks + 2]
.low:   cmp     word [bda.ticks + 2], TICKS_PER_DAY >> 16
        jb      .today
        cmp     word [bda.ticks], TICKS_PER_DAY & 0FFFFh
        jb      .today
        xor     ax, ax
        mov     [bda.ticks], ax
        mov     [bda.ticks + 2], ax
        inc     ax
        mov     [bda.midnight], al
        inc     word [bda.day_count]
.today: cmp     byte [bda.motor_count], 0
        je      .user
        dec     byte [bda.motor_count]
        jnz     .user
        and     byte [bda.motor_status], 0F0h
        mov     dx, FDC_DOR
        mov     al, 0Ch                 ; motors off, interrupts and DMA on
        out     dx, al
.user:  int     1Ch
        cli
        mov     al, EOI
        out     PIC1, al
        pop     dx
        pop     ax
        pop     ds
        iret

; IRQ 8: alarm and periodic interrupt of the clock.
int70_clock:
        push    ax
        push    ds
        mov     ax, BDA_SEGMENT
        mov     ds, ax
.again: mov     al, CMOS_STATUS_C
        call    cmos_read               ; takes the request back
        mov     ah, al
        mov     al, CMOS_STATUS_B
        call    cmos_read
        and     al, ah
        test    al, 60h
        jz      .done
        test    al, 40h
        jz      .alarm
        call    rtc_periodic
.alarm: test    al, 20h
        jz      .again
        sti
        int     4Ah
        cli
        jmp     .again                  ; a request that came meanwhile raises no new edge
.done:  mov     al, EOI
        out     PIC2, al
        out     PIC1, al
        pop     ds
        pop     ax
        iret

; Counts INT 15h/83h and 86h down by one period. DS = BDA. Keeps all registers.
rtc_periodic:
        test    byte [bda.wait_active], RTC_WAIT_ACTIVE
        jz      .done
        sub     word [bda.wait_left], RTC_PERIOD_US
        sbb     word [bda.wait_left + 2], 0
        ja      .done
        jb      .over
        cmp     word [bda.wait_left], 0
        jne     .done
.over:  push    ax
        push    bx
        push    es
        mov     al, CMOS_STATUS_B
        call    cmos_read
        and     al, 0BFh
        mov     ah, al
        mov     al, CMOS_STATUS_B
        call    cmos_write
        mov     byte [bda.wait_active], 0
        les     bx, [bda.wait_flag_at]
        or      byte [es:bx], RTC_WAIT_DONE
        pop     es
        pop     bx
        pop     ax
.done:  ret

; IRQ 9 takes the place of the PC's IRQ 2.
int71_redirect:
        push    ax
        mov     al, EOI
        out     PIC2, al
        pop     ax
        int     0Ah
        iret

; IRQ 13: the coprocessor's error line; software expects it as NMI.
int75_fpu:
        push    ax
        xor     al, al
        out     FPU_CLEAR, al
        mov     al, EOI
        out     PIC2, al
        out     PIC1, al
        pop     ax
        int     02h
        iret

; IRQ 14 and 15: a disk has something to say; the driver reads its status.
int76_disk:
        push    ax
        push    ds
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        mov     byte [bda.disk_irq], 0FFh
        mov     al, EOI
        out     PIC2, al
        out     PIC1, al
        sti
        mov     ax, 9100h               ; tell a waiting multitasker
        int     15h
        pop     ds
        pop     ax
        iret

; IRQ 6: the floppy controller has finished.
int0e_floppy:
        push    ax
        push    ds
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        or      byte [bda.floppy_seek], 80h
        mov     al, EOI
        out     PIC1, al
        sti
        mov     ax, 9101h
        int     15h
        pop     ds
        pop     ax
        iret

; Any other request: ended, and masked so that it cannot storm. A spurious IRQ 7 or 15 has no
; in-service bit and gets no EOI. An INT instruction that leads here finds none either.
unexpected_irq:
        push    ax
        push    ds
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        mov     al, 0Bh
        out     PIC1, al
        in      al, PIC1
        mov     ah, al
        test    al, al
        jz      .software
        test    al, 04h
        jnz     .slave
        in      al, PIC1_MASK
        or      al, ah
        out     PIC1_MASK, al
        jmp     .master
.slave: mov     al, 0Bh
        out     PIC2, al
        in      al, PIC2
        mov     ah, al
        test    al, al
        jz      .master                 ; spurious on the slave: only the cascade is in service
        in      al, PIC2_MASK
        or      al, ah
        out     PIC2_MASK, al
        mov     al, EOI
        out     PIC2, al
.master:
        mov     al, EOI
        out     PIC1, al
        jmp     .note
.software:
        mov     ah, 0FFh
.note:  mov     [bda.last_irq], ah
        pop     ds
        pop     ax
        iret

; Memory parity or channel check. Nothing on this board raises it; where another's does, say so.
nmi:
        push    ax
        in      al, PORT_B
        test    al, 0C0h
        jz      .done
        say     NEWLINE, "Memory or bus error (NMI). System halted."
        cli
.stop:  hlt
        jmp     .stop
.done:  pop     ax
        iret

do_nothing:
        iret
