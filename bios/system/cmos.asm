; The real-time clock and its CMOS memory, an MC146818.

; AL = index -> AL = value. Keeps all else. Bit 7 of the index is the NMI mask: left open.
cmos_read:
        pushf
        cli                             ; index and data belong together
        out     CMOS_INDEX, al
        in      al, CMOS_DATA
        popf
        ret

; AL = index, AH = value. Keeps all registers.
cmos_write:
        pushf
        cli
        push    ax
        out     CMOS_INDEX, al
        mov     al, ah
        out     CMOS_DATA, al
        pop     ax
        popf
        ret

; AL = index of a low byte, the high byte follows -> AX.
cmos_read_word:
        push    bx
        mov     bl, al
        inc     al
        call    cmos_read
        mov     bh, al
        mov     al, bl
        call    cmos_read
        mov     ah, bh
        pop     bx
        ret

; AX = sum of 10h-2Dh, which belongs big-endian into 2Eh-2Fh.
cmos_sum:
        push    bx
        push    cx
        xor     bx, bx
        mov     cx, 10h
.next:  mov     al, cl
        call    cmos_read
        xor     ah, ah
        add     bx, ax
        inc     cx
        cmp     cl, 2Dh
        jbe     .next
        mov     ax, bx
        pop     cx
        pop     bx
        ret

; ZF = 1 when the checksum is right and the battery good. Clobbers AX, BX.
cmos_check:
        mov     al, CMOS_STATUS_D
        call    cmos_read
        and     al, 80h
        xor     al, 80h
        jnz     .done
        call    cmos_sum
        mov     bx, ax
        mov     al, CMOS_SUM_HIGH
        call    cmos_read
        cmp     al, bh
        jne     .done
        mov     al, CMOS_SUM_LOW
        call    cmos_read
        cmp     al, bl
.done:  ret

; Settings without a right checksum, as QEMU leaves them or a dead battery: what cannot be is
; replaced, the rest believed, and the checksum written. Clobbers AX, BX, CX.
cmos_repair:
        mov     al, CMOS_FLOPPIES
        call    cmos_read
        mov     ah, al
        and     al, 0Fh
        cmp     al, FLOPPY_TYPES
        jbe     .drive_a
        and     ah, 0F0h
.drive_a:
        cmp     ah, (FLOPPY_TYPES << 4) | 0Fh
        jbe     .floppies
        and     ah, 0Fh
.floppies:
        mov     al, CMOS_FLOPPIES
        call    cmos_write
        mov     ax, [bda.memory_kb]     ; with the EBDA, which is part of it
        add     ax, EBDA_KB
        mov     bx, ax
        mov     ah, bl
        mov     al, CMOS_BASE_LOW
        call    cmos_write
        mov     ah, bh
        mov     al, CMOS_BASE_HIGH
        call    cmos_write
        call    cmos_sum
        mov     bx, ax
        mov     ah, bl
        mov     al, CMOS_SUM_LOW
        call    cmos_write
        mov     ah, bh
        mov     al, CMOS_SUM_HIGH
        jmp     cmos_write

; Waits until no clock update is under way. CF = 1: the clock does not run (update never ends).
; An update takes 2 ms. Keeps all registers.
rtc_ready:
        push    ax
        push    bx
        push    si
        push    di
        mov     ax, 20
        call    time_limit
.poll:  mov     al, CMOS_STATUS_A
        call    cmos_read
        test    al, 80h                 ; clears CF
        jz      .done
        call    time_left
        jnc     .poll
.done:  pop     di
        pop     si
        pop     bx
        pop     ax
        ret

; AL in the clock's format (BCD or binary by status B) -> AL binary. Keeps all else.
rtc_to_binary:
        push    cx
        mov     cl, al
        mov     al, CMOS_STATUS_B
        call    cmos_read
        test    al, 04h
        mov     al, cl
        jnz     .done
        push    ax
        mov     cl, 4
        shr     al, cl
        mov     cl, 10
        mul     cl                      ; tens
        mov     cl, al
        pop     ax
        and     al, 0Fh
        add     al, cl
.done:  pop     cx
        ret

; The clock's time in timer ticks since midnight -> DX:AX. CF = 1: no clock. Clobbers BX, CX, SI, DI.
; 1193182 Hz / 65536 = 18 + 13534/65536 ticks a second.
rtc_ticks:
        call    rtc_ready
        jc      .done
        mov     al, CMOS_HOURS
        call    cmos_read
        mov     bl, al
        and     al, 7Fh                 ; bit 7 is PM in 12-hour mode
        call    rtc_to_binary
        mov     cl, al
        mov     al, CMOS_STATUS_B
        call    cmos_read
        test    al, 02h
        jnz     .hours
        cmp     cl, 12
        jne     .pm
        mov     cl, 0
.pm:    test    bl, 80h
        jz      .hours
        add     cl, 12
.hours: cmp     cl, 24
        jae     .bad
        mov     al, 60
        mul     cl
        mov     bx, ax
        mov     al, CMOS_MINUTES
        call    cmos_read
        call    rtc_to_binary
        cmp     al, 60
        jae     .bad
        xor     ah, ah
        add     bx, ax                  ; minutes of the day
        mov     al, CMOS_SECONDS
        call    cmos_read
        call    rtc_to_binary
        cmp     al, 60
        jae     .bad
        xor     ah, ah
        mov     cx, ax
        mov     ax, 60
        mul     bx
        add     ax, cx
        adc     dx, 0                   ; DX:AX = seconds of the day, 17 bits
        mov     bx, ax
        mov     cx, dx
        mov     ax, 18
        mul     bx
        mov     si, ax
        mov     di, dx
        mov     ax, 18
        mul     cx
        add     di, ax
        mov     ax, 13534
        mul     bx
        add     si, dx
        adc     di, 0
        mov     ax, 13534
        mul     cx
        add     ax, si
        mov     dx, di
        adc     dx, 0                   ; clears CF
.done:  ret
.bad:   stc
        ret
