; Sectors between a hard disk and memory, for INT 13h by CHS and by packet.
; ES:SI = drive, DS = BDA, BP = frame; the request lies in locals below the frame and always says
; what is still to be done, so that a command that failed can be tried in another way.

%define rq_lba_low   bp - 2
%define rq_lba_high  bp - 4
%define rq_left      bp - 6             ; sectors still to move
%define rq_segment   bp - 8             ; with rq_offset a far pointer
%define rq_offset    bp - 10
%define rq_class     bp - 12            ; TRANSFER_*
%define rq_chunk     bp - 14            ; sectors left of the running command
%define rq_block     bp - 16            ; sectors of one interrupt
%define rq_wanted    bp - 18
REQUEST_SIZE    equ 18

TRANSFER_READ   equ 0
TRANSFER_WRITE  equ 1
TRANSFER_VERIFY equ 2
TRANSFER_SEEK   equ 3

CHUNK_SECTORS   equ 128                 ; of one ATA command

; AH = INT 13h status; rq_left says what was not done. Clobbers all but SI, BP, DS, ES.
disk_transfer:
        call    request_normalize
.chunk: mov     cx, [rq_left]
        jcxz    .finished
        cmp     cx, CHUNK_SECTORS
        jbe     .size
        mov     cx, CHUNK_SECTORS
.size:  mov     [rq_chunk], cx
        call    disk_address
        jc      .failed
        mov     bx, [rq_class]
        mov     al, [cs:.ordinary + bx]
        mov     word [rq_block], 1
        cmp     bl, TRANSFER_VERIFY
        jae     .send
        mov     cl, [es:si + drive.multiple]
        cmp     cl, 1
        jbe     .send
        mov     [rq_block], cl
        mov     al, [cs:.in_blocks + bx]
.send:  out     dx, al                  ; DX = command register
        shl     bx, 1
        call    [cs:.protocols + bx]
        jnc     .chunk
.failed:
        cmp     ah, 80h
        je      .timeout
        cmp     ah, 01h
        jne     .return
        cmp     word [rq_block], 1
        jne     .no_blocks
        cmp     word [rq_class], TRANSFER_WRITE
        jne     .return
        mov     ah, 0CCh                ; a write the drive will not do
.return:
        ret
.finished:
        mov     ah, 0
        ret
.no_blocks:                             ; aborted: block mode was switched off behind our back?
        mov     byte [es:si + drive.multiple], 0
        jmp     .chunk
.timeout:
        call    disk_reset_channel
        mov     ah, 80h
        ret

.ordinary:
        db      CMD_READ, CMD_WRITE, CMD_VERIFY, CMD_SEEK
.in_blocks:
        db      CMD_READ_MULTIPLE, CMD_WRITE_MULTIPLE
.protocols:
        dw      disk_read_blocks, disk_write_blocks, disk_no_data, disk_no_data

; Selects the drive and writes count CX and the request's address. DX = command register.
; CF = 1, AH = status. Clobbers AX, BX, CX.
disk_address:
        mov     bx, cx
        cmp     byte [es:si + drive.lba], 0
        je      .chs
        mov     ah, [rq_lba_high + 1]
        or      ah, [es:si + drive.lba]
        call    disk_select
        jc      .done
        mov     dx, [es:si + drive.base]
        add     dx, ATA_COUNT
        mov     al, bl
        out     dx, al
        inc     dx
        mov     ax, [rq_lba_low]
        out     dx, al
        inc     dx
        mov     al, ah
        out     dx, al
        inc     dx
        mov     al, [rq_lba_high]
        out     dx, al
        inc     dx
        inc     dx
        clc
.done:  ret
.chs:   push    bx                      ; count
        mov     ax, [rq_lba_low]
        mov     dx, [rq_lba_high]
        mov     bx, [es:si + drive.ata_sectors]
        call    divide_32
        inc     bx
        push    bx                      ; sector
        mov     bx, [es:si + drive.ata_heads]
        call    divide_32
        push    ax                      ; cylinder
        mov     ah, bl
        call    disk_select
        jc      .no_drive
        mov     dx, [es:si + drive.base]
        add     dx, ATA_CYL_LOW
        pop     ax
        out     dx, al
        inc     dx
        mov     al, ah
        out     dx, al
        sub     dx, ATA_CYL_HIGH - ATA_SECTOR
        pop     ax
        out     dx, al
        dec     dx
        pop     ax
        out     dx, al
        add     dx, ATA_COMMAND - ATA_COUNT
        clc
        ret
.no_drive:
        add     sp, 6
        stc
        ret

; The three protocols: command given, rq_chunk and rq_block set. CF = 1, AH = status.
disk_read_blocks:
        call    disk_wait
        jc      .done
        call    disk_check
        jc      .done
        test    al, ATA_DRQ
        jz      disk_no_drq
        call    request_block
        mov     ch, al                  ; x 256 words
        mov     cl, 0
        mov     dx, [es:si + drive.base]
        cmp     byte [es:ebda.cpu], CPU_8086
        les     di, [rq_offset]
        je      .slow
        cpu     186
        rep insw
        cpu     8086
.moved: mov     [rq_offset], di
        mov     es, [bda.ebda]
        call    request_normalize
        cmp     word [rq_chunk], 0
        jne     disk_read_blocks
        clc
.done:  ret
.slow:  in      ax, dx
        stosw
        loop    .slow
        jmp     .moved

disk_write_blocks:
        mov     dx, [es:si + drive.control]
        in      al, dx                  ; 400 ns
        mov     cx, ATA_BSY
        call    disk_poll               ; there is no interrupt before the first block
        mov     ah, 80h
        jc      .done
        call    disk_check
        jc      .done
.block: test    al, ATA_DRQ
        jz      disk_no_drq
        mov     ax, [rq_block]
        cmp     ax, [rq_chunk]
        jbe     .size
        mov     ax, [rq_chunk]
.size:  push    ax
        mov     ch, al
        mov     cl, 0
        mov     dx, [es:si + drive.base]
        cmp     byte [es:ebda.cpu], CPU_8086
        push    si
        push    ds
        lds     si, [rq_offset]
        je      .slow
        cpu     186
        rep outsw
        cpu     8086
.moved: mov     di, si
        pop     ds
        pop     si
        pop     cx
        mov     [rq_offset], di
        call    disk_wait
        jc      .done
        call    disk_check              ; what the drive has not taken is not done
        jc      .done
        push    ax
        call    request_count
        call    request_normalize
        pop     ax
        cmp     word [rq_chunk], 0
        jne     .block
        clc
.done:  ret
.slow:  lodsw
        out     dx, ax
        loop    .slow
        jmp     .moved

disk_no_data:
        call    disk_wait
        jc      .done
        call    disk_check
        jc      .done
        mov     cx, [rq_chunk]
        call    request_count
        clc
.done:  ret

disk_no_drq:
        mov     ah, 20h                 ; a drive that does not keep to the protocol
        stc
        ret

; AX = sectors of the next block, taken off the request. Clobbers CX.
request_block:
        mov     cx, [rq_block]
        cmp     cx, [rq_chunk]
        jbe     .size
        mov     cx, [rq_chunk]
.size:  mov     ax, cx
        ; fall through

; Takes CX sectors off the request.
request_count:
        sub     [rq_chunk], cx
        sub     [rq_left], cx
        add     [rq_lba_low], cx
        adc     word [rq_lba_high], 0
        ret

; Makes the offset of the buffer small, so that the next block cannot run into its end. Segments
; that would pass FFFFh are buffers in the HMA: there the offset stays. Clobbers AX, CX, DI.
request_normalize:
        mov     ax, [rq_offset]
        mov     di, ax
        and     di, 0Fh
        mov     cl, 4
        shr     ax, cl
        add     ax, [rq_segment]
        jc      .done
        mov     [rq_segment], ax
        mov     [rq_offset], di
.done:  ret
