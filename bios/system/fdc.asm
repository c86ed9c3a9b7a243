; The floppy disk controller, an 82077AA or its ancestors, with DMA channel 2 and IRQ 6.
; [82077] Intel 82077AA data sheet: register set, command phases, status registers.
; DS = BDA, BP = frame of the caller of INT 13h, DI = drive 0 or 1 where it says so.
; Results of a command lie in BDA 42h-48h. CF = 1 with AH = INT 13h status on failure.

FDC_DOR         equ 3F2h
FDC_MSR         equ 3F4h
FDC_DATA        equ 3F5h
FDC_DIR         equ 3F7h                ; read: disk change line
FDC_CCR         equ 3F7h                ; write: data rate

MSR_READY       equ 80h
MSR_TO_CPU      equ 40h
MSR_BUSY        equ 10h

FDC_SPECIFY     equ 03h
FDC_RECALIBRATE equ 07h
FDC_SENSE_INT   equ 08h
FDC_READ_ID     equ 4Ah
FDC_FORMAT      equ 4Dh
FDC_SEEK        equ 0Fh
FDC_WRITE       equ 0C5h                ; multi-track, MFM
FDC_READ        equ 0E6h                ; multi-track, MFM, skip deleted

DMA_ADDRESS_2   equ 04h
DMA_COUNT_2     equ 05h
DMA_MASK        equ 0Ah
DMA_MODE        equ 0Bh
DMA_FLIPFLOP    equ 0Ch
DMA_PAGE_2      equ 81h
DMA_TO_MEMORY   equ 46h                 ; single mode, channel 2
DMA_FROM_MEMORY equ 4Ah
DMA_VERIFY      equ 42h

FLOPPY_TICKS    equ 37                  ; 2 s: the slowest command reads a track twice

; AL = byte SI of the disk parameter table (INT 1Eh). Keeps all else but flags.
dpt_byte:
        push    es
        push    bx
        xor     bx, bx
        mov     es, bx
        les     bx, [es:1Eh * 4]
        mov     al, [es:bx + si]
        pop     bx
        pop     es
        ret

DPT_SPECIFY1    equ 0
DPT_SPECIFY2    equ 1
DPT_MOTOR_OFF   equ 2
DPT_SIZE_CODE   equ 3
DPT_SECTORS     equ 4
DPT_GAP         equ 5
DPT_LENGTH      equ 6
DPT_FORMAT_GAP  equ 7
DPT_FILL        equ 8
DPT_SETTLE      equ 9
DPT_MOTOR_START equ 10

; Sends byte SI of the disk parameter table to the controller; as fdc_send.
fdc_send_dpt:
        call    dpt_byte
        ; fall through

; Sends AL to the controller. CF = 1, AH = 80h: it takes none. Keeps all but AH.
fdc_send:
        push    cx
        push    dx
        mov     ah, al
        mov     dx, FDC_MSR
        in      al, dx
        and     al, MSR_READY | MSR_TO_CPU
        cmp     al, MSR_READY
        je      .ready
        push    bx
        push    si
        push    di
        push    ax
        mov     ax, 50
        call    time_limit
        pop     ax
.poll:  in      al, dx
        and     al, MSR_READY | MSR_TO_CPU
        cmp     al, MSR_READY
        je      .in_time
        call    time_left
        jnc     .poll
.in_time:
        pop     di
        pop     si
        pop     bx
        jc      .timeout
.ready: inc     dx
        mov     al, ah
        out     dx, al
        pop     dx
        pop     cx
        clc
        ret
.timeout:
        mov     al, ah
        mov     ah, 80h
        pop     dx
        pop     cx
        ret

; Reads the result bytes into BDA 42h. CF = 1, AH = 20h: none, or more than seven.
fdc_results:
        push    bx
        push    cx
        push    dx
        push    si
        push    di
        xor     cx, cx                  ; bytes so far
.byte:  mov     ax, 50
        call    time_limit
.poll:  mov     dx, FDC_MSR
        in      al, dx
        test    al, MSR_READY
        jz      .wait
        test    al, MSR_TO_CPU
        jz      .end
        cmp     cl, 7
        je      .failed
        inc     dx
        in      al, dx
        push    bx
        mov     bx, cx
        mov     [bda.floppy_result + bx], al
        pop     bx
        inc     cx
        jmp     .byte
.wait:  call    time_left
        jnc     .poll
.failed:
        mov     ah, 20h
        stc
        jmp     .done
.end:   cmp     cl, 1                   ; CF = 1 when there was none
        mov     ah, 20h
.done:  pop     di
        pop     si
        pop     dx
        pop     cx
        pop     bx
        ret

; Waits in HLT for IRQ 6. CF = 1, AH = 80h: it did not come in two seconds.
fdc_wait_irq:
        push    bx
        push    cx
        push    dx
        push    di
        mov     ax, 9001h               ; INT 15h: a floppy drive is at work
        int     15h
        mov     cx, FLOPPY_TICKS
        call    wait_begin
.look:  cli
        test    byte [bda.floppy_seek], 80h
        jnz     .came
        call    wait_step
        jnc     .look
        mov     ah, 80h
        jmp     .done
.came:  sti
        clc
.done:  pop     di
        pop     dx
        pop     cx
        pop     bx
        ret

; Forget an interrupt that came earlier; called before each command that ends with one.
fdc_expect_irq:
        and     byte [bda.floppy_seek], 7Fh
        push    ax
        in      al, PIC1_MASK
        test    al, 40h
        jz      .open
        and     al, ~40h & 0FFh
        out     PIC1_MASK, al
.open:  pop     ax
        ret

; Resets the controller; both drives will be recalibrated before their next use.
fdc_reset:
        push    bx
        push    cx
        push    dx
        mov     byte [bda.floppy_seek], 0
        call    fdc_expect_irq
        mov     bl, [bda.motor_status]  ; keep motors and selection
        mov     al, bl
        mov     cl, 4
        shl     al, cl                  ; motors to bits 5-4
        mov     bh, bl
        shr     bh, cl
        and     bh, 03h
        or      al, bh
        or      al, 08h                 ; interrupts and DMA on, reset bit low
        mov     dx, FDC_DOR
        cli
        out     dx, al
        mov     cx, 8                   ; at least 3.5 us
.hold:  out     POST_CODE, al
        loop    .hold
        or      al, 04h
        out     dx, al
        sti
        call    fdc_wait_irq
        jc      .done
        mov     cx, 4                   ; the four drives report: C0h-C3h
.sense: call    fdc_sense
        jc      .done
        loop    .sense
        mov     word [es:ebda.floppy_specify], 0FFFFh   ; no SPECIFY yet
.done:  pop     dx
        pop     cx
        pop     bx
        ret

; SENSE INTERRUPT STATUS: results ST0 and cylinder in BDA 42h, 43h.
fdc_sense:
        mov     al, FDC_SENSE_INT
        call    fdc_send
        jc      .done
        call    fdc_results
.done:  ret

; Gives the controller the step rate and head times of the disk parameter table when they changed.
fdc_specify:
        push    si
        push    cx
        mov     si, DPT_SPECIFY1
        call    dpt_byte
        mov     cl, al
        inc     si
        call    dpt_byte
        and     al, 0FEh                ; with DMA
        mov     ch, al
        cmp     cx, [es:ebda.floppy_specify]
        je      .done
        mov     al, FDC_SPECIFY
        call    fdc_send
        jc      .done
        mov     al, cl
        call    fdc_send
        jc      .done
        mov     al, ch
        call    fdc_send
        jc      .done
        mov     [es:ebda.floppy_specify], cx
.done:  pop     cx
        pop     si
        ret

; Selects drive DI and starts its motor. AL = 1: a writing command, which must not begin before the
; disk is up to speed. A reading one may: it fails and is tried again, or finds the disk turning.
fdc_motor_on:
        push    bx
        push    cx
        push    dx
        push    si
        mov     ah, al
        cli
        mov     byte [bda.motor_count], 0FFh    ; INT 08h: hands off
        mov     cx, di
        mov     bl, 1
        shl     bl, cl                  ; this drive's motor bit
        mov     al, [bda.motor_status]
        mov     bh, al
        and     al, 03h
        or      al, bl
        push    cx
        mov     ch, cl
        mov     cl, 4
        shl     ch, cl
        or      ch, al
        mov     [bda.motor_status], ch
        shl     al, cl
        pop     cx
        or      al, cl                  ; select
        or      al, 0Ch
        mov     dx, FDC_DOR
        out     dx, al
        sti
        test    bh, bl
        jnz     .done                   ; was turning already
        test    ah, ah
        jz      .done
        mov     si, DPT_MOTOR_START     ; eighths of a second; 2.28 ticks each
        call    dpt_byte
        mov     ah, 9
        mul     ah
        mov     cl, 2
        shr     ax, cl
        inc     ax
        mov     cx, ax
        mov     ax, 90FDh               ; INT 15h: a motor starts
        int     15h
        call    sleep_ticks
.done:  pop     si
        pop     dx
        pop     cx
        pop     bx
        ret

; From now on the motor goes off after the time in the disk parameter table. Keeps flags.
fdc_motor_release:
        pushf
        push    ax
        push    si
        mov     si, DPT_MOTOR_OFF
        call    dpt_byte
        mov     [bda.motor_count], al
        pop     si
        pop     ax
        popf
        ret

; Sets the data rate in bits 7-6 of AL (media state). Keeps all registers.
fdc_set_rate:
        push    ax
        push    cx
        push    dx
        and     al, 0C0h
        mov     [bda.data_rate], al
        mov     cl, 6
        shr     al, cl
        mov     dx, FDC_CCR
        out     dx, al
        pop     dx
        pop     cx
        pop     ax
        ret

; Moves the heads of drive DI to track 0.
fdc_recalibrate:
        push    cx
        mov     cx, 2                   ; one try makes 79 steps at most
.again: call    fdc_expect_irq
        mov     al, FDC_RECALIBRATE
        call    fdc_send
        jc      .done
        mov     ax, di
        call    fdc_send
        jc      .done
        call    fdc_wait_irq
        jc      .done
        call    fdc_sense
        jc      .done
        mov     al, [bda.floppy_result]
        and     al, 0F0h
        cmp     al, 20h                 ; seek end, no equipment check
        je      .at_zero
        loop    .again
        mov     ah, 40h
        stc
        jmp     .done
.at_zero:
        mov     byte [bda.cylinder + di], 0
        mov     cx, di
        mov     al, 1
        shl     al, cl
        or      [bda.floppy_seek], al
        clc
.done:  pop     cx
        ret

; Moves the heads of drive DI to physical cylinder CH, recalibrating first when that is due.
; AL = 1: wait until they have settled (writing commands).
fdc_seek:
        push    cx
        push    ax
        mov     cl, 1
        test    di, di
        jz      .drive
        mov     cl, 2
.drive: test    [bda.floppy_seek], cl
        jnz     .known
        call    fdc_recalibrate
        jc      .failed
.known: cmp     ch, [bda.cylinder + di]
        je      .there
        call    fdc_expect_irq
        mov     al, FDC_SEEK
        call    fdc_send
        jc      .failed
        mov     ax, di
        call    fdc_send
        jc      .failed
        mov     al, ch
        call    fdc_send
        jc      .failed
        not     cl
        and     [bda.floppy_seek], cl   ; until it has worked
        not     cl
        call    fdc_wait_irq
        jc      .failed
        call    fdc_sense
        jc      .failed
        mov     al, [bda.floppy_result]
        and     al, 0F0h
        cmp     al, 20h
        mov     ah, 40h
        stc
        jne     .failed
        or      [bda.floppy_seek], cl
        mov     [bda.cylinder + di], ch
        pop     ax
        push    ax
        test    al, al
        jz      .there
        push    si
        mov     si, DPT_SETTLE
        call    dpt_byte
        pop     si
        xor     ah, ah
        call    delay_ms
.there: pop     ax
        pop     cx
        clc
        ret
.failed:
        pop     cx                      ; drops AL, keeps AH
        pop     cx
        ret

; Prepares DMA channel 2: AL = mode, CX = bytes - 1, buffer ES:BX of the caller's frame.
; CF = 1, AH = 09h: the buffer crosses a 64 KB boundary. A verify touches no memory.
fdc_dma:
        push    bx
        push    cx
        push    dx
        push    ax
        xor     dx, dx
        xor     bx, bx
        cmp     al, DMA_VERIFY
        je      .address
        mov     ax, [bp + frame.es]
        mov     dx, ax
        push    cx
        mov     cl, 4
        shl     ax, cl
        mov     cl, 12
        shr     dx, cl
        pop     cx
        add     ax, [bp + frame.bx]
        adc     dx, 0
        mov     bx, ax
        add     ax, cx
        jc      .boundary
.address:
        pop     ax
        push    ax
        cli
        mov     ah, al
        mov     al, 06h
        out     DMA_MASK, al            ; channel 2 shut
        mov     al, ah
        out     DMA_FLIPFLOP, al
        out     DMA_MODE, al
        mov     al, bl
        out     DMA_ADDRESS_2, al
        mov     al, bh
        out     DMA_ADDRESS_2, al
        mov     al, dl
        out     DMA_PAGE_2, al
        mov     al, cl
        out     DMA_COUNT_2, al
        mov     al, ch
        out     DMA_COUNT_2, al
        sti
        mov     al, 02h
        out     DMA_MASK, al            ; channel 2 open
        pop     ax
        clc
        jmp     .done
.boundary:
        pop     ax
        mov     ah, 09h
        stc
.done:  pop     dx
        pop     cx
        pop     bx
        ret

; Waits for the end of a reading or writing command and judges its seven results.
; CF = 1, AH = status.
fdc_finish:
        call    fdc_wait_irq
        jc      .done
        call    fdc_results
        jc      .done
        test    byte [bda.floppy_result], 0C0h  ; ST0: anything but a normal end; clears CF
        jz      .done
        mov     ah, [bda.floppy_result + 1]     ; ST1
        push    bx
        push    cx
        mov     bx, .status
        mov     cx, 6
.bit:   mov     al, [cs:bx]
        test    ah, al
        jnz     .found
        add     bx, 2
        loop    .bit
        mov     ah, 20h
        jmp     .failed
.found: mov     ah, [cs:bx + 1]
.failed:
        pop     cx
        pop     bx
        stc
.done:  ret
.status:
        db      02h, 03h                ; NW: write protected
        db      20h, 10h                ; DE: CRC
        db      10h, 08h                ; OR: DMA overrun
        db      04h, 04h                ; ND: sector not found
        db      01h, 02h                ; MA: no address mark
        db      80h, 04h                ; EN: past the last sector
