; INT 13h for drives 80h and up, functions 00h-15h by cylinder, head, sector.
; Not here: low-level format (05h-07h) and long transfers (0Ah, 0Bh), which no ATA drive of the last
; decades does the way an XT controller did: status 01h.
; Convention inside: DS = BDA, ES:SI = drive in the EBDA, BP = frame; a function returns its status
; in AH.

int13_entry:
        cmp     dl, 80h
        jae     int13_disk
        sti
        int     40h                     ; the floppy half, which a program may have replaced
        retf    2

int13_disk:
        enter_service
        sti
        sub     sp, REQUEST_SIZE
        mov     es, [bda.ebda]
        mov     bl, ah
        xor     bh, bh
        mov     al, [bp + frame.dl]
        sub     al, 80h
        cmp     al, [bda.disk_count]
        jae     disk_absent
        mov     ah, drive_size
        mul     ah
        add     ax, ebda.drives
        mov     si, ax
        cmp     bl, 15h
        ja      disk_extended
        shl     bx, 1
        call    [cs:disk_functions + bx]
disk_status:
        mov     [bda.disk_status], ah
disk_leave:
        mov     [bp + frame.ah], ah
        and     byte [bp + frame.flags], ~FLAG_CARRY & 0FFh
        test    ah, ah
        jz      .leave
        or      byte [bp + frame.flags], FLAG_CARRY
.leave: mov     sp, bp
        leave_service

disk_extended:
        sub     bl, 41h
        cmp     bl, 48h - 41h
        ja      .other
        shl     bx, 1
        call    [cs:disk_extensions + bx]
        jmp     disk_status
.other: cmp     bl, 4Eh - 41h
        mov     ah, 01h
        jne     disk_status
        call    edd_set_hardware
        jmp     disk_status

disk_absent:
        mov     ah, 0
        cmp     bl, 15h                 ; "what is it": nothing
        je      disk_leave
        cmp     bl, 01h
        je      .status
        mov     ah, 01h
        jmp     disk_status
.status:
        call    disk_last_status        ; does not return

disk_functions:
        dw      disk_reset_all, disk_last_status, disk_read, disk_write
        dw      disk_verify, disk_refused, disk_refused, disk_refused
        dw      disk_parameters, disk_set_geometry, disk_refused, disk_refused
        dw      disk_seek, disk_reset, disk_refused, disk_refused
        dw      disk_ready, disk_recalibrate, disk_diagnose, disk_diagnose
        dw      disk_diagnose, disk_kind
disk_extensions:
        dw      edd_check, edd_read, edd_write, edd_verify
        dw      edd_lock, edd_eject, edd_seek, edd_parameters

disk_refused:
        mov     ah, 01h
        ret

; 00h: floppies too, as ever since the XT.
disk_reset_all:
        test    byte [bda.equipment], 01h
        jz      disk_reset
        mov     ax, 0000h
        mov     dl, 0
        int     40h
        ; fall through

; 0Dh
disk_reset:
        call    disk_reset_channel
        jc      .done
        mov     ah, 0
.done:  ret

; 01h: AH = AL = status of the last operation, which is then forgotten.
disk_last_status:
        mov     ah, 0
        xchg    ah, [bda.disk_status]
        mov     [bp + frame.al], ah
        jmp     disk_leave              ; SP is set from BP there

disk_read:
        mov     byte [rq_class], TRANSFER_READ
        jmp     disk_by_chs
disk_write:
        mov     byte [rq_class], TRANSFER_WRITE
        jmp     disk_by_chs
disk_verify:
        mov     byte [rq_class], TRANSFER_VERIFY
        ; fall through

; The caller's AL sectors at CH, CL, DH from or to ES:BX. AL = sectors done.
disk_by_chs:
        xor     ax, ax
        mov     [rq_class + 1], al
        xchg    al, [bp + frame.al]
        mov     [rq_left], ax
        mov     [rq_wanted], ax
        dec     ax
        cmp     ax, 128                 ; 0, or more than 64 KB
        jae     disk_refused
        call    request_from_chs
        jc      .done
        mov     ax, [bp + frame.bx]
        mov     [rq_offset], ax
        mov     ax, [bp + frame.es]
        mov     [rq_segment], ax
        call    disk_transfer
        mov     al, [rq_wanted]
        sub     al, [rq_left]
        mov     [bp + frame.al], al
.done:  ret

; LBA of the caller's cylinder, head and sector. CF = 1, AH = 04h: not on this disk.
request_from_chs:
        mov     cx, [bp + frame.cx]
        mov     al, ch
        mov     ah, cl
        rol     ah, 1
        rol     ah, 1
        and     ah, 03h
        cmp     ax, [es:si + drive.cylinders]
        jae     .bad
        mov     bl, [bp + frame.dh]
        xor     bh, bh
        cmp     bx, [es:si + drive.heads]
        jae     .bad
        and     cx, 003Fh
        jz      .bad
        mov     di, [es:si + drive.sectors]
        cmp     cx, di
        ja      .bad
        dec     cx
        mul     word [es:si + drive.heads]
        add     ax, bx
        adc     dx, 0                   ; DX:AX = track
        mov     bx, ax
        mov     ax, dx
        mul     di
        xchg    ax, bx
        mul     di
        add     dx, bx
        add     ax, cx
        adc     dx, 0
        mov     [rq_lba_low], ax
        mov     [rq_lba_high], dx
        ret                             ; CF = 0: 24 bits
.bad:   mov     ah, 04h
        stc
        ret

; 08h
disk_parameters:
        xor     ax, ax
        mov     [bp + frame.ax], ax
        mov     [bp + frame.bl], al
        mov     al, [bda.disk_count]
        mov     [bp + frame.dl], al
        mov     al, [es:si + drive.heads]
        dec     al
        mov     [bp + frame.dh], al
        mov     ax, [es:si + drive.cylinders]
        dec     ax
        mov     [bp + frame.ch], al
        ror     ah, 1
        ror     ah, 1
        or      ah, [es:si + drive.sectors]
        mov     [bp + frame.cl], ah
        mov     ah, 0
        ret

; 09h
disk_set_geometry:
        mov     ah, 0
        call    disk_select             ; also resets a stuck channel
        jc      .done
        call    disk_configure
        jc      .done
        mov     ah, 0
.done:  ret

; 0Ch
disk_seek:
        mov     word [rq_class], TRANSFER_SEEK
        mov     word [rq_left], 1
        mov     al, 1                   ; old callers leave the sector field empty
        test    byte [bp + frame.cl], 3Fh
        jnz     .sector
        or      [bp + frame.cl], al
        call    request_from_chs
        and     byte [bp + frame.cl], 0C0h
        jmp     .seek
.sector:
        call    request_from_chs
.seek:  jc      .done
        call    disk_transfer
.done:  ret

; 10h
disk_ready:
        mov     ah, 0
        call    disk_select
        jc      .done
        mov     ah, 0
.done:  ret

; 11h
disk_recalibrate:
        mov     ah, 0
        call    disk_select
        jc      .done
        mov     cl, 0
        mov     ax, CMD_RECALIBRATE
        call    disk_nondata
        jc      .done
        mov     ah, 0
.done:  ret

; 12h-14h: the drive tests itself. Its answer is in the error register, 01h = good.
disk_diagnose:
        mov     ah, 0
        call    disk_select
        jc      .done
        mov     cl, 0
        mov     ax, CMD_DIAGNOSTIC
        call    disk_nondata
        jc      .done
        mov     dx, [es:si + drive.base]
        inc     dx
        in      al, dx
        and     al, 7Fh
        mov     ah, 20h
        cmp     al, 01h
        jne     .done
        mov     ah, 0
.done:  ret

; 15h: AH = 3 hard disk, CX:DX = sectors; not a status.
disk_kind:
        mov     ax, [es:si + drive.cylinders]
        mul     word [es:si + drive.heads]
        mov     bx, [es:si + drive.sectors]
        mov     cx, ax
        mov     ax, dx
        mul     bx
        xchg    ax, cx
        mul     bx
        add     dx, cx
        mov     [bp + frame.dx], ax
        mov     [bp + frame.cx], dx
        mov     byte [bda.disk_status], 0
        mov     byte [bp + frame.ah], 3
        and     byte [bp + frame.flags], ~FLAG_CARRY & 0FFh
        jmp     disk_leave.leave
