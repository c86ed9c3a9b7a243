; One ATA drive as a driver sees it: select, command, wait for IRQ 14 or 15 in HLT, move blocks.
; [ATA] T13 AT Attachment, clauses on registers and on the PIO data-in, data-out and non-data
; protocols. READ/WRITE MULTIPLE is used when SET MULTIPLE was accepted at POST, since a block then
; costs one interrupt instead of one per sector; when something switched it off, the command aborts
; and the ordinary one takes its place.
; ES:SI = drive in the EBDA, DS = BDA. CF = 1 with AH = INT 13h status on failure.

ATA_DATA        equ 0
ATA_ERROR       equ 1
ATA_COUNT       equ 2
ATA_SECTOR      equ 3
ATA_CYL_LOW     equ 4
ATA_CYL_HIGH    equ 5
ATA_DEVICE      equ 6
ATA_STATUS      equ 7
ATA_COMMAND     equ 7

ATA_BSY         equ 80h
ATA_DRDY        equ 40h
ATA_DF          equ 20h
ATA_DRQ         equ 08h
ATA_ERR         equ 01h

ATA_SRST        equ 04h
ATA_CONTROL_RUN equ 08h                 ; interrupts on; bit 3 is 1 since the ST506 days

CMD_RECALIBRATE equ 10h
CMD_READ        equ 20h
CMD_WRITE       equ 30h
CMD_VERIFY      equ 40h
CMD_SEEK        equ 70h
CMD_DIAGNOSTIC  equ 90h
CMD_SET_GEOMETRY equ 91h
CMD_IDENTIFY_PACKET equ 0A1h
CMD_READ_MULTIPLE equ 0C4h
CMD_WRITE_MULTIPLE equ 0C5h
CMD_SET_MULTIPLE equ 0C6h
CMD_IDENTIFY    equ 0ECh

DISK_TICKS      equ 182                 ; 10 s: a drive that has to spin up first

; Waits for the drive's interrupt. AL = its status, or CF = 1: nothing in ten seconds (AH = 80h).
; Each wake-up looks at the alternate status too, so that an interrupt lost on the way costs a
; timer tick and not the command.
disk_wait:
        push    bx
        push    cx
        push    dx
        push    di
        mov     ax, 9000h               ; INT 15h: a disk is at work
        int     15h
        mov     cx, DISK_TICKS
        call    wait_begin
.look:  cli
        test    byte [bda.disk_irq], 80h
        jnz     .came
        call    wait_step
        jc      .timeout
        push    dx
        mov     dx, [es:si + drive.control]
        in      al, dx
        pop     dx
        test    al, ATA_BSY
        jnz     .look
.came:  mov     byte [bda.disk_irq], 0
        sti
        push    dx
        mov     dx, [es:si + drive.base]
        add     dx, ATA_STATUS
        in      al, dx                  ; takes the interrupt back
        pop     dx
        test    al, ATA_BSY
        jnz     .look                   ; an interrupt from before the command
        clc
        jmp     .done
.timeout:
        mov     ah, 80h
        stc
.done:  pop     di
        pop     dx
        pop     cx
        pop     bx
        ret

; Polls the alternate status until status AND CL = CH, for 2.7 s at most. AL = last status,
; CF = 1: never. Clobbers AH.
disk_poll:
        push    dx
        mov     dx, [es:si + drive.control]
        in      al, dx
        mov     ah, al
        and     ah, cl
        cmp     ah, ch
        je      .done                   ; CF = 0
        push    bx
        push    si
        push    di
        push    bp
        mov     bp, 3
.round: mov     ax, 900
        call    time_limit
.poll:  in      al, dx
        mov     ah, al
        and     ah, cl
        cmp     ah, ch
        je      .met
        call    time_left
        jnc     .poll
        dec     bp
        jnz     .round
        stc
.met:   pop     bp
        pop     di
        pop     si
        pop     bx
.done:  pop     dx
        ret

; Selects the drive and makes it ready for a command: AH = rest of the drive/head register (head,
; or 40h + LBA bits 27-24). A channel that somebody left in the middle of a transfer is reset.
; CF = 1, AH = 80h or AAh. Clobbers AL, DX.
disk_select:
        push    cx
        push    ax
        in      al, PIC1_MASK           ; a program may have shut our interrupts
        test    al, 04h
        jz      .cascade
        and     al, ~04h & 0FFh
        out     PIC1_MASK, al
.cascade:
        mov     cl, [es:si + drive.irq]
        sub     cl, 8
        mov     ah, 1
        shl     ah, cl
        in      al, PIC2_MASK
        test    al, ah
        jz      .irq_open
        xor     al, ah
        out     PIC2_MASK, al
.irq_open:
        mov     cx, ATA_BSY | ATA_DRQ
        call    disk_poll
        pop     ax
        jnc     .idle
        push    ax
        call    disk_reset_channel
        pop     cx
        jc      .done
        mov     ax, cx
.idle:  call    disk_select_idle
.done:  pop     cx
        ret

; The same for a channel that is known to be idle.
disk_select_idle:
        push    cx
        push    ax
        mov     dx, [es:si + drive.control]
        mov     al, ATA_CONTROL_RUN
        out     dx, al
        mov     dx, [es:si + drive.base]
        add     dx, ATA_DEVICE
        mov     al, ah
        or      al, [es:si + drive.select]
        out     dx, al
        push    dx
        mov     dx, [es:si + drive.control]
        in      al, dx                  ; 400 ns
        pop     dx
        mov     cx, ATA_DRDY << 8 | ATA_DRDY | ATA_BSY
        call    disk_poll
        pop     ax
        mov     ah, 0AAh
        jc      .done
        inc     dx
        in      al, dx                  ; an old interrupt request goes
        mov     byte [bda.disk_irq], 0
        clc
.done:  pop     cx
        ret

; A command without data: AL = command, AH = drive/head bits, CL = count register.
; The channel is idle. CF = 1, AH = status. Clobbers AL, DX.
disk_nondata:
        push    ax
        call    disk_select_idle
        pop     dx                      ; DL = command
        jc      .done
        push    dx
        mov     dx, [es:si + drive.base]
        add     dx, ATA_COUNT
        mov     al, cl
        out     dx, al
        add     dx, ATA_COMMAND - ATA_COUNT
        pop     ax
        out     dx, al
        call    disk_wait
        jc      .done
        call    disk_check
.done:  ret

; AL = status: CF = 1, AH = INT 13h status when it tells of an error.
disk_check:
        test    al, ATA_DF | ATA_ERR    ; clears CF
        jz      .done
        push    bx
        push    cx
        push    dx
        mov     [bda.disk_task], al
        mov     ah, 0CCh                ; device fault
        test    al, ATA_DF
        jnz     .failed
        mov     dx, [es:si + drive.base]
        inc     dx
        in      al, dx
        mov     [bda.disk_task + 1], al
        mov     bx, .meaning
        mov     cx, 8
        mov     ah, al
.bit:   shr     ah, 1
        jc      .found
        inc     bx
        loop    .bit
.found: mov     ah, [cs:bx]             ; no bit at all: the last, BBh
.failed:
        pop     dx
        pop     cx
        pop     bx
        stc
.done:  ret
.meaning:                               ; error register, from bit 0
        db      02h                     ; AMNF
        db      40h                     ; TK0NF
        db      01h                     ; ABRT
        db      0BBh
        db      04h                     ; IDNF
        db      0BBh
        db      10h                     ; UNC
        db      0Ah                     ; BBK
        db      0BBh

; SRST on the drive's channel; both its drives get their geometry and block size again.
; CF = 1, AH = 80h or more.
disk_reset_channel:
        push    cx
        push    dx
        push    si
        mov     dx, [es:si + drive.control]
        mov     al, ATA_CONTROL_RUN | ATA_SRST
        out     dx, al
        mov     cx, 16                  ; at least 5 us
.hold:  out     POST_CODE, al
        loop    .hold
        mov     al, ATA_CONTROL_RUN
        out     dx, al
        mov     ax, 2
        call    delay_ms                ; before BSY means anything
        mov     cx, ATA_BSY
        call    disk_poll
        mov     ah, 80h
        jc      .done
        mov     dx, [es:si + drive.base]
        mov     si, ebda.drives
        mov     cl, [es:ebda.disk_total]
        xor     ch, ch
        jcxz    .ok
.drive: cmp     dx, [es:si + drive.base]
        jne     .next
        push    cx
        push    dx
        call    disk_configure
        pop     dx
        pop     cx
.next:  add     si, drive_size
        loop    .drive
.ok:    clc
.done:  pop     si
        pop     dx
        pop     cx
        ret

; Tells the drive the geometry it reported as its default, and the block size for READ MULTIPLE.
; CF = 1, AH = status: it refused the geometry. Clobbers AX, CX, DX.
disk_configure:
        mov     ah, [es:si + drive.ata_heads]
        dec     ah
        mov     cl, [es:si + drive.ata_sectors]
        mov     al, CMD_SET_GEOMETRY
        call    disk_nondata
        pushf
        push    ax
        mov     byte [es:si + drive.multiple], 0
        mov     cl, [es:si + drive.max_multiple]
        cmp     cl, 2
        jb      .done
        mov     ax, CMD_SET_MULTIPLE
        call    disk_nondata
        jc      .done
        mov     cl, [es:si + drive.max_multiple]
        mov     [es:si + drive.multiple], cl
.done:  pop     ax
        popf
        ret

; DX:AX / BX -> DX:AX, remainder BX. Clobbers CX.
divide_32:
        mov     cx, ax
        mov     ax, dx
        xor     dx, dx
        div     bx
        xchg    ax, cx
        div     bx
        mov     bx, dx
        mov     dx, cx
        ret
