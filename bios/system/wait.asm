; Waiting: for a device interrupt in HLT, for a short time by the refresh clock of port 61h.
; Nothing here can hang. A wait for an interrupt ends by the tick counter; where ticks cannot come
; (IRQ 0 masked, or the caller sits in an interrupt handler that has not sent its EOI) the same wait
; polls and counts refresh cycles instead of halting.

REFRESH_PER_TICK equ 3640               ; 54.9 ms / 15.085 us
REFRESH_PER_MS  equ 66

; Starts a timed wait: CX = limit in ticks. Sets BX, DX, DI for wait_step. Clobbers AX.
wait_begin:
        xor     dx, dx                  ; wake-ups left, 65536: for a tick counter that stands still
        mov     bx, [bda.ticks]
        xor     di, di                  ; 0: halt
        in      al, PIC1_MASK
        test    al, 01h
        jnz     .poll
        mov     al, 0Bh                 ; OCW3: read in-service register
        out     PIC1, al
        in      al, PIC1
        test    al, al
        jz      .done
.poll:  mov     di, REFRESH_PER_TICK
.done:  ret

; One step of the wait, entered with interrupts off after the caller has looked at its flag, so
; that an interrupt between the look and the HLT still wakes the CPU. CF = 1: time is up.
; Interrupts are on afterwards. Clobbers AX.
wait_step:
        test    di, di
        jnz     .poll
        sti
        hlt
        mov     ax, [bda.ticks]
        sub     ax, bx
        cmp     ax, cx
        jae     .expired
        dec     dx
        jz      .expired
        clc
        ret
.poll:  sti
        push    cx
        in      al, PORT_B
        mov     ah, al
        mov     cx, 4096                ; a board without the toggle
.same:  in      al, PORT_B
        xor     al, ah
        test    al, REFRESH_TOGGLE
        loopz   .same
        pop     cx
        dec     di
        jnz     .wait_on
        mov     di, REFRESH_PER_TICK
        dec     cx
        stc
        jz      .done
.wait_on:
        clc
.done:  ret
.expired:
        stc
        ret

; Sleeps CX ticks. Keeps all registers.
sleep_ticks:
        push    ax
        push    bx
        push    cx
        push    dx
        push    di
        call    wait_begin
.next:  cli
        call    wait_step
        jnc     .next
        pop     di
        pop     dx
        pop     cx
        pop     bx
        pop     ax
        ret

; A time limit for polling loops: time_limit sets it (AX = milliseconds, at most 980),
; time_left says CF = 1 when it is over. State in SI, DI, BL; both keep all else but flags.
time_limit:
        push    ax
        push    dx
        mov     dx, REFRESH_PER_MS
        mul     dx
        mov     si, ax
        mov     di, 4096
        in      al, PORT_B
        mov     bl, al
        pop     dx
        pop     ax
        ret

time_left:
        push    ax
        in      al, PORT_B
        mov     ah, al
        xor     al, bl
        test    al, REFRESH_TOGGLE
        jnz     .edge
        dec     di
        jz      .stuck
        pop     ax
        clc
        ret
.stuck: mov     di, 4096
.edge:  mov     bl, ah
        dec     si
        pop     ax
        stc
        jz      .done
        clc
.done:  ret

; Busy wait of AX milliseconds (at most 980). Keeps all registers.
delay_ms:
        push    bx
        push    si
        push    di
        call    time_limit
.wait:  call    time_left
        jnc     .wait
        pop     di
        pop     si
        pop     bx
        ret
