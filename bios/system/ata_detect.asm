; POST: which ATA drives are there, what they say of themselves (IDENTIFY DEVICE), how INT 13h will
; show them, and the tables of INT 41h and 46h.
; [ATA] clauses on the signature after reset and on IDENTIFY DEVICE data; CMOS 39h as Bochs and QEMU
; fill it: two bits a drive for the translation.
; ES = EBDA, DS = BDA.

ID_CYLINDERS    equ IDENTIFY_BUFFER + 1 * 2
ID_HEADS        equ IDENTIFY_BUFFER + 3 * 2
ID_SECTORS      equ IDENTIFY_BUFFER + 6 * 2
ID_MODEL        equ IDENTIFY_BUFFER + 27 * 2
ID_MODEL_LENGTH equ 40
ID_MULTIPLE     equ IDENTIFY_BUFFER + 47 * 2
ID_ABILITIES    equ IDENTIFY_BUFFER + 49 * 2
ID_TOTAL        equ IDENTIFY_BUFFER + 60 * 2

MAX_BLOCK       equ 16                  ; sectors of READ MULTIPLE we ask for: 8 KB of a segment

detect_disks:
        mov     byte [es:ebda.disk_total], 0
        mov     bx, .channels
.channel:
        call    next_drive              ; SI = free row
        mov     ax, [cs:bx]
        mov     [es:si + drive.base], ax
        mov     ax, [cs:bx + 2]
        mov     [es:si + drive.control], ax
        mov     al, [cs:bx + 4]
        mov     [es:si + drive.irq], al
        call    channel_present
        jc      .next
        mov     ah, 0A0h
        call    detect_drive
        mov     ah, 0B0h
        call    detect_drive
.next:  add     bx, 5
        cmp     bx, .channels_end
        jb      .channel
        mov     al, [es:ebda.disk_total]
        mov     [bda.disk_count], al
        ; IRQ 14 and 15 for channels with drives
        mov     cx, ax
        xor     ch, ch
        jcxz    .tables
        mov     si, ebda.drives
.irq:   push    cx
        mov     cl, [es:si + drive.irq]
        sub     cl, 8
        mov     ah, 1
        shl     ah, cl
        not     ah
        in      al, PIC2_MASK
        and     al, ah
        out     PIC2_MASK, al
        call    disk_configure
        call    fill_dpte
        pop     cx
        add     si, drive_size
        loop    .irq
.tables:
        jmp     fill_fdpts

.channels:
        dw      1F0h, 3F6h
        db      14
        dw      170h, 376h
        db      15
.channels_end:

; SI = first unused row of the drive table.
next_drive:
        mov     al, drive_size
        mul     byte [es:ebda.disk_total]
        add     ax, ebda.drives
        mov     si, ax
        ret

; Is there any drive on the channel of row SI? It is reset then. CF = 1: no.
channel_present:
        mov     dx, [es:si + drive.base]
        add     dx, ATA_STATUS
        in      al, dx
        cmp     al, 0FFh                ; nothing drives the bus
        je      .none
        mov     cx, ATA_BSY
        call    disk_poll
        jc      .none
        dec     dx
        mov     al, 0A0h
        out     dx, al
        mov     dx, [es:si + drive.base]
        inc     dx
        inc     dx
        mov     al, 55h
        out     dx, al
        inc     dx
        mov     al, 0AAh
        out     dx, al
        dec     dx
        in      al, dx
        cmp     al, 55h
        jne     .none
        inc     dx
        in      al, dx
        cmp     al, 0AAh
        jne     .none
        call    disk_reset_channel
        ret
.none:  stc
        ret

; Looks for the drive with DEV bit AH on the channel of row SI. When it is a disk, row SI is filled
; and counted, and SI is the next free row with the same channel.
detect_drive:
        push    bx
        mov     [es:si + drive.select], ah
        mov     dx, [es:si + drive.base]
        add     dx, ATA_DEVICE
        mov     al, ah
        out     dx, al
        mov     ax, 1
        call    delay_ms
        inc     dx
        in      al, dx
        test    al, al                  ; an absent drive beside a present one: 00h
        jz      .done
        cmp     al, 7Fh
        je      .done
        cmp     al, 0FFh
        je      .done
        mov     cx, ATA_BSY
        call    disk_poll
        jc      .done
        dec     dx
        dec     dx
        in      al, dx                  ; cylinder high, low: the signature
        mov     ah, al
        dec     dx
        in      al, dx
        cmp     ax, 0EB14h
        je      .packet
        test    ax, ax
        jnz     .done
        mov     al, CMD_IDENTIFY
        call    identify
        jc      .done
        call    take_geometry
        jc      .done
        inc     byte [es:ebda.disk_total]
        call    report_disk
        mov     di, si
        call    next_drive
        mov     ax, [es:di + drive.base]
        mov     [es:si + drive.base], ax
        mov     ax, [es:di + drive.control]
        mov     [es:si + drive.control], ax
        mov     al, [es:di + drive.irq]
        mov     [es:si + drive.irq], al
        jmp     .done
.packet:
        mov     al, CMD_IDENTIFY_PACKET
        call    identify
        jc      .done
        call    report_packet_device
.done:  pop     bx
        ret

; AL = command; 256 words into the identify buffer. CF = 1: the drive did not like it.
identify:
        mov     dx, [es:si + drive.base]
        add     dx, ATA_COMMAND
        out     dx, al
        mov     dx, [es:si + drive.control]
        in      al, dx
        mov     cx, ATA_BSY
        call    disk_poll
        jc      .done
        mov     dx, [es:si + drive.base]
        add     dx, ATA_STATUS
        in      al, dx
        and     al, ATA_ERR | ATA_DRQ
        cmp     al, ATA_DRQ
        stc
        jne     .done
        mov     dx, [es:si + drive.base]
        mov     di, IDENTIFY_BUFFER
        mov     cx, 256
.word:  in      ax, dx
        stosw
        loop    .word
        clc
.done:  ret

; Row SI from the identify data. CF = 1: it makes no sense.
take_geometry:
        mov     al, 0
        test    byte [es:ID_ABILITIES + 1], 02h
        jz      .chs
        mov     al, 40h
.chs:   mov     [es:si + drive.lba], al
        mov     al, [es:ID_MULTIPLE]
        cmp     al, MAX_BLOCK
        jbe     .multiple
        mov     al, MAX_BLOCK
.multiple:
        mov     [es:si + drive.max_multiple], al
        mov     ax, [es:ID_CYLINDERS]
        mov     [es:si + drive.ata_cylinders], ax
        mov     bx, [es:ID_HEADS]
        mov     [es:si + drive.ata_heads], bx
        mov     cx, [es:ID_SECTORS]
        mov     [es:si + drive.ata_sectors], cx
        test    ax, ax
        jz      .bad
        dec     bx
        cmp     bx, 16
        jae     .bad
        dec     cx
        cmp     cx, 255
        jae     .bad
        inc     bx
        inc     cx
        mul     bx                      ; total by CHS: at most 65535 x 16 x 255
        mov     bx, ax
        mov     ax, dx
        mul     cx
        xchg    ax, bx
        mul     cx
        add     dx, bx
        cmp     byte [es:si + drive.lba], 0
        je      .total
        mov     bx, [es:ID_TOTAL]
        or      bx, [es:ID_TOTAL + 2]
        jz      .no_lba
        mov     ax, [es:ID_TOTAL]
        mov     dx, [es:ID_TOTAL + 2]
        jmp     .total
.no_lba:
        mov     byte [es:si + drive.lba], 0
.total: mov     [es:si + drive.total], ax
        mov     [es:si + drive.total + 2], dx
        call    choose_translation
        call    translate
        clc
        ret
.bad:   stc
        ret

; drive.translation of row SI: what CMOS 39h says. Where the CMOS was not filled by somebody who knew
; (checksum wrong) a "none" counts only if it can be: else the rule of Bochs, which is then recorded.
choose_translation:
        mov     al, CMOS_TRANSLATE
        call    cmos_read
        mov     bl, al
        mov     cl, 0
        cmp     byte [es:si + drive.irq], 14
        je      .primary
        mov     cl, 4
.primary:
        test    byte [es:si + drive.select], 10h
        jz      .master
        add     cl, 2
.master:
        shr     al, cl
        and     al, 03h
        jnz     .check
        cmp     byte [es:ebda.cmos_ok], 0
        jne     .check
        cmp     word [es:si + drive.ata_cylinders], 1024
        jbe     .check
        mov     ax, [es:si + drive.ata_cylinders]
        mul     word [es:si + drive.ata_heads]
        sub     ax, 1                   ; C x H <= 131072
        sbb     dx, 0
        cmp     dx, 2
        mov     al, TRANSLATE_LARGE
        jb      .record
        mov     al, TRANSLATE_LBA
.record:
        push    ax
        shl     al, cl
        or      al, bl
        mov     ah, al
        mov     al, CMOS_TRANSLATE
        call    cmos_write
        pop     ax
.check: cmp     word [es:si + drive.ata_sectors], 63
        jbe     .done
        mov     al, TRANSLATE_LBA       ; more than INT 13h can count
.done:  mov     [es:si + drive.translation], al
        ret

; What INT 13h shows of row SI, by its translation. See docs/bios.md for the four schemes.
translate:
        mov     ax, [es:si + drive.ata_cylinders]
        mov     bx, [es:si + drive.ata_heads]
        mov     cx, [es:si + drive.ata_sectors]
        mov     dl, [es:si + drive.translation]
        cmp     dl, TRANSLATE_LBA
        je      .lba
        jb      .store
        cmp     dl, TRANSLATE_LARGE
        je      .large
        cmp     bx, 16                  ; revised: 15 heads, so that 240 and not 256 come out
        jne     .large
        cmp     ax, 61439
        jbe     .fifteen
        mov     ax, 61439
.fifteen:
        push    cx
        mov     cx, 16
        mul     cx
        mov     bx, 15
        div     bx
        pop     cx
.large: cmp     ax, 1024
        jbe     .store
        cmp     bx, 127
        ja      .store
        shr     ax, 1
        shl     bx, 1
        jmp     .large
.lba:   mov     ax, [es:si + drive.total]
        mov     dx, [es:si + drive.total + 2]
        mov     bx, 63
        call    divide_32               ; DX:AX = tracks of 63
        mov     bx, 16
        mov     di, 4                   ; doublings to 255
        push    ax
        push    dx
        mov     cl, 10
.shift: shr     dx, 1
        rcr     ax, 1
        dec     cl
        jnz     .shift                  ; AX = tracks / 1024
.heads: cmp     ax, bx
        jbe     .chosen
        shl     bx, 1
        dec     di
        jnz     .heads
        dec     bx                      ; 255
.chosen:
        pop     dx
        pop     ax
        push    bx
        call    divide_32
        pop     bx
        test    dx, dx
        jz      .fits
        mov     ax, 1024
.fits:  mov     cx, 63
.store: cmp     ax, 1024
        jbe     .clipped
        mov     ax, 1024
.clipped:
        mov     [es:si + drive.cylinders], ax
        mov     [es:si + drive.heads], bx
        mov     [es:si + drive.sectors], cx
        ret

; Device parameter table extension of row SI, 16 bytes. [EDD] table "DPTE".
fill_dpte:
        push    cx
        lea     di, [si + drive.dpte]
        mov     ax, [es:si + drive.base]
        stosw
        mov     ax, [es:si + drive.control]
        stosw
        mov     al, [es:si + drive.select]
        or      al, [es:si + drive.lba]
        mov     ah, 0CBh                ; vendor byte
        stosw
        mov     al, [es:si + drive.irq]
        mov     ah, [es:si + drive.multiple]
        stosw
        xor     ax, ax
        stosw                           ; no DMA, PIO mode 0
        cmp     byte [es:si + drive.multiple], 0
        je      .no_blocks
        or      al, 04h
.no_blocks:
        cmp     byte [es:si + drive.lba], 0
        je      .no_lba
        or      al, 10h
.no_lba:
        mov     cl, [es:si + drive.translation]
        cmp     cl, TRANSLATE_NONE
        je      .no_translation
        or      al, 08h
        cmp     cl, TRANSLATE_LARGE
        je      .no_translation
        or      ah, 02h                 ; LBA-assisted
        cmp     cl, TRANSLATE_LBA
        je      .no_translation
        or      ah, 04h                 ; neither of both
.no_translation:
        stosw
        xor     ax, ax
        stosw
        mov     al, 11h
        stosb
        lea     di, [si + drive.dpte]
        mov     al, 0
        mov     cx, 15
.sum:   sub     al, [es:di]
        inc     di
        loop    .sum
        stosb
        pop     cx
        ret

; INT 41h and 46h: fixed disk parameter tables of the first two disks.
fill_fdpts:
        mov     si, ebda.drives
        mov     di, ebda.fdpt0
        mov     bx, 41h * 4
        mov     cl, [es:ebda.disk_total]
        mov     ch, 2
.disk:  test    cl, cl
        jz      .done
        call    .fill
        push    ds
        xor     ax, ax
        mov     ds, ax
        mov     [bx], di
        mov     [bx + 2], es
        pop     ds
        add     si, drive_size
        mov     di, ebda.fdpt1
        mov     bx, 46h * 4
        dec     cl
        dec     ch
        jnz     .disk
.done:  ret

.fill:  push    di
        push    cx
        push    bx
        mov     ax, [es:si + drive.cylinders]
        stosw
        mov     al, [es:si + drive.heads]
        stosb
        mov     bx, [es:si + drive.translation]
        test    bl, bl
        jnz     .translated
        xor     ax, ax
        stosw
        dec     ax
        stosw                           ; no write precompensation
        inc     ax
        stosb
        mov     al, 0C0h                ; control: no retries by the drive, bit 3 more than 8 heads
        cmp     byte [es:si + drive.heads], 8
        jbe     .control
        or      al, 08h
.control:
        stosb
        xor     ax, ax
        stosw
        stosb
        mov     ax, [es:si + drive.cylinders]
        stosw                           ; landing zone
        mov     al, [es:si + drive.sectors]
        mov     ah, 0
        stosw
        jmp     .filled
.translated:
        mov     al, 0A0h                ; what follows is in two geometries
        mov     ah, [es:si + drive.ata_sectors]
        stosw
        mov     ax, 0FFFFh
        stosw
        mov     ax, 0C800h              ; ECC length, control
        stosw
        mov     ax, [es:si + drive.ata_cylinders]
        stosw
        mov     al, [es:si + drive.ata_heads]
        stosb
        mov     ax, [es:si + drive.ata_cylinders]
        stosw
        mov     al, [es:si + drive.sectors]
        stosb
        mov     cx, 15
        sub     di, cx
        mov     al, 0
.sum:   sub     al, [es:di]
        inc     di
        loop    .sum
        stosb
.filled:
        pop     bx
        pop     cx
        pop     di
        ret
