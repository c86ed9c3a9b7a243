; INT 13h for drives 00h and 01h (INT 40h): 00-05, 08, 15-18h.
; [IBM] diskette section: the media state machine of BDA 90h. A disk's data rate and step width are
; found by READ ID when it is first used, and forgotten when the change line was active or when a
; command fails with a missing address mark or sector.
; Convention inside: DS = BDA, ES = EBDA, BP = frame, DI = drive; a function returns its status in AH.

MEDIA_KNOWN     equ 10h
MEDIA_DOUBLE_STEP equ 20h

RATE_500        equ 00h                 ; as in bits 7-6 of the media state
RATE_300        equ 40h
RATE_250        equ 80h
RATE_1000       equ 0C0h

; One drive type of CMOS 10h.
struc floppy_type
.last_cylinder  resb 1
.last_head      resb 1
.sectors        resb 1
.code           resb 1                  ; BL of function 08h
.has_change_line resb 1
.rates          resb 4                  ; in the order in which they are tried, FFh fills
.dpt            resw 1
endstruc

floppy_types:                           ; types 1-8
        db      39, 1, 9, 1, 0, RATE_250, RATE_300, RATE_500, 0FFh
        dw      dpt_360k
        db      79, 1, 15, 2, 1, RATE_500, RATE_300, RATE_250, 0FFh
        dw      dpt_1200k
        db      79, 1, 9, 3, 1, RATE_250, RATE_300, RATE_500, 0FFh
        dw      dpt_720k
        db      79, 1, 18, 4, 1, RATE_500, RATE_250, RATE_300, 0FFh
        dw      dpt_1440k
        db      79, 1, 36, 5, 1, RATE_1000, RATE_500, RATE_250, RATE_300
        dw      dpt_2880k
        db      39, 0, 8, 1, 0, RATE_250, RATE_300, RATE_500, 0FFh      ; 160K
        dw      dpt_320k
        db      39, 0, 9, 1, 0, RATE_250, RATE_300, RATE_500, 0FFh      ; 180K
        dw      dpt_360k
        db      39, 1, 8, 1, 0, RATE_250, RATE_300, RATE_500, 0FFh      ; 320K
        dw      dpt_320k
FLOPPY_TYPES    equ 8

; Disk parameter tables, 11 bytes as INT 1Eh plus last cylinder, data rate and drive type.
dpt_320k:  db   0AFh, 02h, 25h, 02h, 08h, 2Ah, 0FFh, 50h, 0F6h, 0Fh, 08h, 39, RATE_250, 1
dpt_360k:  db   0AFh, 02h, 25h, 02h, 09h, 2Ah, 0FFh, 50h, 0F6h, 0Fh, 08h, 39, RATE_250, 1
dpt_360k_in_1200k: db 0AFh, 02h, 25h, 02h, 09h, 2Ah, 0FFh, 50h, 0F6h, 0Fh, 08h, 39, RATE_300, 2
dpt_720k:  db   0AFh, 02h, 25h, 02h, 09h, 2Ah, 0FFh, 50h, 0F6h, 0Fh, 08h, 79, RATE_250, 3
dpt_1200k: db   0AFh, 02h, 25h, 02h, 0Fh, 1Bh, 0FFh, 54h, 0F6h, 0Fh, 08h, 79, RATE_500, 2
dpt_1440k: db   0AFh, 02h, 25h, 02h, 12h, 1Bh, 0FFh, 6Ch, 0F6h, 0Fh, 08h, 79, RATE_500, 4
dpt_2880k: db   0AFh, 02h, 25h, 02h, 24h, 1Bh, 0FFh, 53h, 0F6h, 0Fh, 08h, 79, RATE_1000, 5

; The media functions 17h and 18h can ask for: drive type, cylinder, sectors, state, table.
struc medium
.drive_type     resb 1
.last_cylinder  resb 1
.sectors        resb 1
.state          resb 1
.dpt            resw 1
endstruc
%macro a_medium 5
        db      %1, %2, %3, %4 | MEDIA_KNOWN
        dw      %5
%endmacro
media:
        a_medium 1, 39, 9, RATE_250 | 3, dpt_360k
        a_medium 1, 39, 8, RATE_250 | 3, dpt_320k
        a_medium 2, 79, 15, RATE_500 | 5, dpt_1200k
        a_medium 2, 39, 9, RATE_300 | MEDIA_DOUBLE_STEP | 4, dpt_360k_in_1200k
        a_medium 2, 79, 9, RATE_300 | 7, dpt_720k
        a_medium 3, 79, 9, RATE_250 | 7, dpt_720k
        a_medium 4, 79, 18, RATE_500 | 7, dpt_1440k
        a_medium 4, 79, 9, RATE_250 | 7, dpt_720k
        a_medium 5, 79, 36, RATE_1000 | 7, dpt_2880k
        a_medium 5, 79, 18, RATE_500 | 7, dpt_1440k
        a_medium 5, 79, 9, RATE_250 | 7, dpt_720k
        a_medium 6, 39, 8, RATE_250 | 3, dpt_320k
        a_medium 7, 39, 9, RATE_250 | 3, dpt_360k
        a_medium 8, 39, 8, RATE_250 | 3, dpt_320k
media_end:

; Locals below the frame.
%define fl_mode  bp - 2                 ; byte: DMA mode of the running command
%define fl_again bp - 1                 ; byte: the medium was looked at anew in this call

int13_floppy:
        enter_service
        sti
        push    ax                      ; room for the locals
        mov     es, [bda.ebda]
        mov     byte [fl_again], 0
        mov     dl, [bp + frame.dl]
        xor     dh, dh
        mov     di, dx
        mov     bl, ah
        cmp     ah, 18h
        ja      .bad
        xor     bh, bh
        shl     bx, 1
        call    [cs:floppy_functions + bx]
        jmp     .status
.bad:   mov     ah, 01h
.status:
        mov     [bda.floppy_status], ah
floppy_leave:
        mov     [bp + frame.ah], ah
        and     byte [bp + frame.flags], ~FLAG_CARRY & 0FFh
        test    ah, ah
        jz      .leave
        or      byte [bp + frame.flags], FLAG_CARRY
.leave: mov     sp, bp
        leave_service

floppy_functions:
        dw      floppy_reset, floppy_last_status, floppy_read, floppy_write
        dw      floppy_verify, floppy_format, floppy_bad, floppy_bad
        dw      floppy_parameters, floppy_bad, floppy_bad, floppy_bad
        dw      floppy_bad, floppy_bad, floppy_bad, floppy_bad
        dw      floppy_bad, floppy_bad, floppy_bad, floppy_bad
        dw      floppy_bad, floppy_kind, floppy_change_line, floppy_set_type
        dw      floppy_set_medium

floppy_bad:
        mov     ah, 01h
        ret

; 00h: the controller is reset, the drives are recalibrated when next used.
floppy_reset:
        call    fdc_reset
        jc      .done
        mov     ah, 0
.done:  ret

; 01h: does not become the last status itself.
floppy_last_status:
        add     sp, 2                   ; the return address
        mov     ah, [bda.floppy_status]
        jmp     floppy_leave

; SI = row of floppy_types for drive DI. CF = 1, AH = 80h: no such drive. Clobbers AL.
floppy_row:
        cmp     di, 2
        jae     .none
        mov     al, [es:ebda.floppy_type + di]
        dec     al
        cmp     al, FLOPPY_TYPES
        jae     .none
        mov     ah, floppy_type_size
        mul     ah
        add     ax, floppy_types
        mov     si, ax
        clc
        ret
.none:  mov     ah, 80h
        stc
        ret

; --- read, write, verify ---------------------------------------------------------------------------
floppy_read:
        mov     al, DMA_TO_MEMORY
        jmp     floppy_transfer
floppy_write:
        mov     al, DMA_FROM_MEMORY
        jmp     floppy_transfer
floppy_verify:
        mov     al, DMA_VERIFY
        ; fall through

; AL = DMA mode. Returns AH, and the number of sectors in the caller's AL.
floppy_transfer:
        mov     [fl_mode], al
        xor     ax, ax
        xchg    al, [bp + frame.al]     ; none done yet
        mov     cx, ax                  ; CX = sectors wanted
        jcxz    floppy_bad
        call    floppy_row
        jc      .return
        cmp     cl, 128                 ; 64 KB are all that DMA can move
        mov     ah, 09h
        ja      .return
        call    floppy_ready
        jc      .end
.again: call    floppy_find_medium
        jc      .end
        call    floppy_prepare          ; rate, specify, seek
        jc      .failed
        mov     al, [fl_mode]
        push    cx
        mov     ch, cl
        shl     ch, 1
        mov     cl, 0
        dec     cx
        call    fdc_dma
        pop     cx
        jc      .end
        call    floppy_command
        jc      .failed
        mov     [bp + frame.al], cl
        mov     ah, 0
.end:   call    fdc_motor_release
.return:
        ret
.failed:
        cmp     ah, 80h
        je      .timeout
        cmp     ah, 20h
        je      .timeout
        cmp     ah, 02h
        je      .mark
        cmp     ah, 04h
        jne     .partial
.mark:  cmp     byte [fl_again], 0      ; another medium than we thought?
        jne     .partial
        call    floppy_forget
        jmp     .again
.partial:
        call    floppy_count_done
        jmp     .end
.timeout:
        push    ax                      ; a controller that waits for an index hole for ever
        call    fdc_reset
        pop     ax
        call    floppy_forget
        jmp     .end

; The medium's format must be found again.
floppy_forget:
        and     byte [bda.media_state + di], ~(MEDIA_KNOWN | MEDIA_DOUBLE_STEP) & 0FFh
        mov     byte [fl_again], 1
        ret

; Motor on and disk change line. CF = 1: AH = 06h the disk was changed, 80h there is none.
; SI = row of floppy_types.
floppy_ready:
        mov     al, 0
        cmp     byte [fl_mode], DMA_FROM_MEMORY
        jne     .motor
        inc     al
.motor: call    fdc_motor_on
        call    floppy_changed
        jz      .done                   ; CF = 0
        mov     byte [bda.media_state + di], 0
        mov     al, [bda.data_rate]
        call    fdc_set_rate
        call    fdc_specify
        jc      .no_disk
        push    cx
        mov     cl, 1                   ; step pulses reset the line when a disk is in
        test    di, di
        jz      .drive
        mov     cl, 2
.drive: not     cl
        and     [bda.floppy_seek], cl
        mov     ch, 1
        mov     al, 0
        call    fdc_seek
        jc      .seek_failed
        mov     ch, 0
        mov     al, 0
        call    fdc_seek
.seek_failed:
        pop     cx
        jc      .no_disk
        call    floppy_changed
        mov     ah, 06h
        jz      .changed
.no_disk:
        mov     ah, 80h
.changed:
        stc
.done:  ret

; ZF = 0 when the change line of drive DI (type row SI, selected, motor on) is active. CF = 0.
; Clobbers AL.
floppy_changed:
        mov     al, [cs:si + floppy_type.has_change_line]
        test    al, al
        jz      .done
        push    dx
        mov     dx, FDC_DIR
        in      al, dx
        pop     dx
        test    al, 80h
.done:  ret

; Finds data rate and step width of the disk in drive DI (row SI) unless they are known.
; CF = 1, AH = status. Clobbers AL.
floppy_find_medium:
        test    byte [bda.media_state + di], MEDIA_KNOWN
        jnz     .done                   ; CF = 0
        push    bx
        push    cx
        mov     byte [fl_again], 1
        call    fdc_specify
        jc      .give_up
        call    fdc_recalibrate
        jc      .give_up
        mov     cx, 4
        lea     bx, [si + floppy_type.rates]
.rate:  mov     al, [cs:bx]
        cmp     al, 0FFh
        je      .skip
        call    fdc_set_rate
        call    fdc_read_id
        jnc     .found
        cmp     ah, 80h
        je      .hung
.skip:  inc     bx
        loop    .rate
.give_up:
        stc
.finished:
        pop     cx
        pop     bx
.done:  ret
.hung:  call    fdc_reset               ; no index pulses: no disk
        mov     ah, 80h
        jmp     .give_up
.found: mov     bl, [cs:bx]
        or      bl, MEDIA_KNOWN
        mov     al, [cs:si + floppy_type.code]
        mov     ah, 7
        cmp     al, 2
        ja      .state
        mov     ah, 3
        jb      .state
        mov     ah, 5                   ; 1.2 MB drive
        test    bl, RATE_1000           ; any bit of the rate: a disk of low density
        jz      .state
        push    bx
        mov     ch, 2                   ; which cylinder is this on the disk?
        mov     al, 0
        call    fdc_seek
        jc      .lost
        call    fdc_read_id
.lost:  pop     bx
        mov     ah, 7
        cmp     byte [bda.floppy_result + 3], 1
        jne     .state
        or      bl, MEDIA_DOUBLE_STEP
        mov     ah, 4
.state: or      bl, ah
        mov     [bda.media_state + di], bl
        clc
        jmp     .finished

; Reads any sector ID on head 0 of drive DI. CF = 1, AH = status.
fdc_read_id:
        call    fdc_expect_irq
        mov     al, FDC_READ_ID
        call    fdc_send
        jc      .done
        mov     ax, di
        call    fdc_send
        jc      .done
        call    fdc_finish
.done:  ret

; Data rate, step times and position for the cylinder in the caller's CH. CF = 1, AH = status.
floppy_prepare:
        mov     al, [bda.media_state + di]
        call    fdc_set_rate
        call    fdc_specify
        jc      .done
        push    cx
        mov     ch, [bp + frame.ch]
        test    byte [bda.media_state + di], MEDIA_DOUBLE_STEP
        jz      .single
        shl     ch, 1
.single:
        mov     al, 0
        cmp     byte [fl_mode], DMA_FROM_MEMORY
        jne     .seek
        inc     al
.seek:  call    fdc_seek
        pop     cx
.done:  ret

; Issues READ or WRITE DATA for CX sectors as the caller's registers say and waits for the end.
; CF = 1, AH = status. Clobbers AL.
floppy_command:
        call    fdc_expect_irq
        mov     al, FDC_READ
        cmp     byte [fl_mode], DMA_FROM_MEMORY
        jne     .send
        mov     al, FDC_WRITE
.send:  call    fdc_send
        jc      .done
        call    floppy_send_head
        jc      .done
        mov     al, [bp + frame.ch]
        call    fdc_send
        jc      .done
        mov     al, [bp + frame.dh]
        call    fdc_send
        jc      .done
        mov     al, [bp + frame.cl]
        and     al, 3Fh
        call    fdc_send
        jc      .done
        push    si
        mov     si, DPT_SIZE_CODE
        call    fdc_send_dpt
        jc      .table_done
        call    floppy_last_sector
        call    fdc_send
        jc      .table_done
        mov     si, DPT_GAP
        call    fdc_send_dpt
        jc      .table_done
        mov     si, DPT_LENGTH
        call    fdc_send_dpt
.table_done:
        pop     si
        jc      .done
        call    fdc_finish
.done:  ret

; Head and drive, as the second byte of most commands.
floppy_send_head:
        mov     al, [bp + frame.dh]
        and     al, 01h
        shl     al, 1
        shl     al, 1
        push    bx
        mov     bx, di
        or      al, bl
        pop     bx
        jmp     fdc_send

; AL = EOT for a command of CX sectors. The disk parameter table says how long a track is. A program
; that runs past that wants to go on with head 1, unless the table is the ROM's own, which knows
; nothing of the disk: then the medium's usual length counts.
floppy_last_sector:
        push    bx
        push    si
        mov     si, DPT_SECTORS
        call    dpt_byte
        mov     bl, [bp + frame.cl]
        and     bl, 3Fh
        mov     bh, bl
        add     bl, cl
        dec     bl                      ; last sector if the track is long enough
        cmp     bl, al
        jbe     .done
        push    es
        xor     si, si
        mov     es, si
        cmp     word [es:1Eh * 4], default_dpt
        mov     si, [es:1Eh * 4 + 2]
        pop     es
        jne     .table
        cmp     si, ROM_SEGMENT
        jne     .table
        mov     ah, [bda.media_state + di]
        mov     al, 36
        and     ah, RATE_1000
        cmp     ah, RATE_1000
        je      .table
        mov     al, 9
        test    ah, ah
        jnz     .table
        mov     al, 15
        cmp     byte [es:ebda.floppy_type + di], 2
        je      .table
        mov     al, 18
.table: cmp     bh, al                  ; a longer track than anybody said
        jbe     .done
        mov     al, bl
.done:  pop     si
        pop     bx
        ret

; After an error: how many sectors came before the one the result bytes name, into the caller's AL.
; CX = sectors wanted. Keeps AH.
floppy_count_done:
        push    ax
        mov     al, [bda.floppy_result + 5]
        mov     bl, [bp + frame.cl]
        and     bl, 3Fh
        sub     al, bl
        mov     bl, [bda.floppy_result + 4]
        cmp     bl, [bp + frame.dh]
        je      .head
        push    ax
        push    si
        mov     si, DPT_SECTORS
        call    dpt_byte
        pop     si
        mov     bl, al
        pop     ax
        add     al, bl
.head:  cmp     al, cl
        jae     .none                   ; makes no sense: nothing is sure
        mov     [bp + frame.al], al
.none:  pop     ax
        ret

; --- 05h format a track ------------------------------------------------------------------------------
floppy_format:
        mov     byte [fl_mode], DMA_FROM_MEMORY
        call    floppy_row
        jc      .return
        call    floppy_ready
        jc      .end
        test    byte [bda.media_state + di], MEDIA_KNOWN
        jnz     .known
        mov     al, [cs:si + floppy_type.rates]         ; nobody said: what the drive is made for
        or      al, MEDIA_KNOWN | 7
        mov     [bda.media_state + di], al
.known: call    floppy_prepare
        jc      .failed
        mov     si, DPT_SECTORS
        call    dpt_byte
        xor     ah, ah
        shl     ax, 1
        shl     ax, 1                   ; four bytes a sector
        mov     cx, ax
        dec     cx
        mov     al, DMA_FROM_MEMORY
        call    fdc_dma
        jc      .end
        call    fdc_expect_irq
        mov     al, FDC_FORMAT
        call    fdc_send
        jc      .failed
        call    floppy_send_head
        jc      .failed
        mov     bx, .parameters
.parameter:
        mov     al, [cs:bx]
        xor     ah, ah
        mov     si, ax
        call    fdc_send_dpt
        jc      .failed
        inc     bx
        cmp     bx, .parameters_end
        jb      .parameter
        call    fdc_finish
        jc      .failed
        mov     ah, 0
.end:   call    fdc_motor_release
.return:
        ret
.failed:
        cmp     ah, 80h
        jne     .end
        call    fdc_reset
        mov     ah, 80h
        jmp     .end
.parameters:
        db      DPT_SIZE_CODE, DPT_SECTORS, DPT_FORMAT_GAP, DPT_FILL
.parameters_end:

; --- 08h, 15h, 16h: what drive is this ----------------------------------------------------------------
floppy_parameters:
        xor     ax, ax
        mov     [bp + frame.bx], ax
        mov     [bp + frame.cx], ax
        mov     [bp + frame.dx], ax
        mov     [bp + frame.di], ax
        mov     [bp + frame.es], ax
        mov     [bp + frame.al], al
        cmp     byte [es:ebda.floppy_type], 0
        je      .second
        inc     ax
.second:
        cmp     byte [es:ebda.floppy_type + 1], 0
        je      .counted
        inc     ax
.counted:
        mov     [bp + frame.dl], al
        call    floppy_row
        jnc     .there
        cmp     di, 2
        mov     ah, 01h
        jae     .done                   ; not even a number of ours
        mov     ah, 0                   ; drive type unknown: all zero
        ret
.there: mov     al, [cs:si + floppy_type.last_cylinder]
        mov     [bp + frame.ch], al
        mov     al, [cs:si + floppy_type.last_head]
        mov     [bp + frame.dh], al
        mov     al, [cs:si + floppy_type.sectors]
        mov     [bp + frame.cl], al
        mov     al, [cs:si + floppy_type.code]
        mov     [bp + frame.bl], al
        mov     ax, [cs:si + floppy_type.dpt]
        mov     [bp + frame.di], ax
        mov     [bp + frame.es], cs
        mov     ah, 0
.done:  ret

; 15h: AH = 0 none, 1 no change line, 2 change line; not a status.
floppy_kind:
        add     sp, 2
        call    floppy_row
        mov     ah, 0
        jc      .done
        mov     ah, 1
        add     ah, [cs:si + floppy_type.has_change_line]
.done:  mov     byte [bda.floppy_status], 0
        and     byte [bp + frame.flags], ~FLAG_CARRY & 0FFh
        mov     [bp + frame.ah], ah
        jmp     floppy_leave.leave

; 16h: 00h not changed, 06h changed or no such line.
floppy_change_line:
        call    floppy_row
        jc      .done
        cmp     byte [cs:si + floppy_type.has_change_line], 0
        je      .changed
        mov     al, 0
        call    fdc_motor_on
        call    floppy_changed
        call    fdc_motor_release
        mov     ah, 0
        jz      .done
.changed:
        mov     ah, 06h
.done:  ret

; --- 17h, 18h: the medium about to be formatted ---------------------------------------------------------
; 17h: AL = 1 360K in 360K, 2 360K in 1.2M, 3 1.2M, 4 720K.
floppy_set_type:
        call    floppy_row
        jc      .done
        mov     al, [bp + frame.al]
        dec     al
        cmp     al, 4
        jae     .bad
        mov     ah, 2
        mul     ah
        mov     bx, ax
        mov     cx, [cs:.formats + bx]  ; CH = cylinder, CL = sectors
        call    floppy_choose
        jnc     .done
        cmp     ah, 80h
        je      .done
.bad:   mov     ah, 01h
.done:  ret
.formats:
        db      9, 39, 9, 39, 15, 79, 9, 79

; 18h: CH = last cylinder, CL = sectors -> ES:DI = disk parameter table.
floppy_set_medium:
        call    floppy_row
        jc      .done
        mov     cx, [bp + frame.cx]
        and     cl, 3Fh
        call    floppy_choose
        jc      .done
        mov     ax, [cs:bx + medium.dpt]
        mov     [bp + frame.di], ax
        mov     [bp + frame.es], cs
        mov     ah, 0
.done:  ret

; CH, CL = format wanted -> BX = row of media, set for drive DI, AH = 0. CF = 1: AH = 0Ch or 80h.
floppy_choose:
        mov     byte [fl_mode], DMA_VERIFY      ; no motor start time
        call    floppy_ready            ; a changed disk is what one formats; none is an error
        jnc     .search
        cmp     ah, 06h
        stc
        jne     .done
.search:
        mov     al, [es:ebda.floppy_type + di]
        mov     bx, media
.next:  cmp     [cs:bx + medium.drive_type], al
        jne     .other
        cmp     [cs:bx + medium.last_cylinder], ch
        jne     .other
        cmp     [cs:bx + medium.sectors], cl
        je      .found
.other: add     bx, medium_size
        cmp     bx, media_end
        jb      .next
        mov     ah, 0Ch
        stc
        jmp     .done
.found: mov     al, [cs:bx + medium.state]
        mov     [bda.media_state + di], al
        mov     ah, 0
.done:  call    fdc_motor_release
        ret
