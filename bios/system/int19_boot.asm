; INT 19h and 18h: finding something to start. Order from CMOS 3Dh and 38h; each device that cannot
; start says why. INT 18h, with which a boot program gives up, goes on to the next device.
; A hard disk needs the signature 55AAh, a floppy only needs content: many old ones have none.

BOOT_OFFSET     equ 7C00h
BOOT_FLOPPY     equ 1
BOOT_DISK       equ 2
BOOT_CD         equ 3
BOOT_NETWORK    equ 4

int19_boot:
        mov     al, 0
        jmp     boot_begin

int18_no_boot:
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0FFFEh
        sti
        say     NEWLINE, "The boot program gave up.", NEWLINE
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        mov     es, [bda.ebda]
        mov     al, [es:ebda.boot_step]
        ; fall through

; AL = step to begin with, 0-2.
boot_begin:
        cli
        cld
        xor     bx, bx
        mov     ss, bx
        mov     sp, 0FFFEh
        sti
        mov     bx, BDA_SEGMENT
        mov     ds, bx
        mov     es, [bda.ebda]
        mov     [es:ebda.boot_step], al
.step:  mov     al, [es:ebda.boot_step]
        cmp     al, 3
        jae     .nothing
        inc     byte [es:ebda.boot_step]
        call    boot_device
        mov     bl, al
        xor     bh, bh
        cmp     bl, BOOT_NETWORK
        ja      .step
        shl     bx, 1
        call    [cs:.devices + bx]      ; returns when it cannot
        jmp     .step
.nothing:
        say     NEWLINE, "Nothing to start from. Insert a bootable disk and press a key."
        say     NEWLINE
        mov     ah, 0
        int     16h
        int     19h
.devices:
        dw      .none, boot_floppy, boot_disk, .cd, .network
.none:  ret
.cd:    say     "CD-ROM: this BIOS cannot start from it.", NEWLINE
        ret
.network:
        say     "Network: this BIOS cannot start from it.", NEWLINE
        ret

; AL = step -> AL = device by CMOS. When all three are empty: floppy, then disk.
boot_device:
        push    bx
        push    cx
        mov     bl, al
        mov     al, CMOS_BOOT_3
        call    cmos_read
        mov     cl, 4
        shr     al, cl
        mov     ch, al                  ; third
        mov     al, CMOS_BOOT_12
        call    cmos_read
        mov     bh, al
        or      al, ch
        jnz     .recorded
        mov     bh, BOOT_DISK << 4 | BOOT_FLOPPY
.recorded:
        mov     al, bh
        and     al, 0Fh                 ; first
        test    bl, bl
        jz      .done
        mov     al, bh
        shr     al, cl                  ; second
        dec     bl
        jz      .done
        mov     al, ch
.done:  pop     cx
        pop     bx
        ret

boot_floppy:
        mov     dl, 00h
        cmp     byte [es:ebda.floppy_type], 0
        jne     .read
        say     "Floppy A: not installed.", NEWLINE
        ret
.read:  call    boot_read
        mov     si, .name
        jc      boot_read_error
        push    es
        xor     ax, ax
        mov     es, ax
        mov     di, BOOT_OFFSET
        mov     ax, [es:di]
        mov     cx, 256
        repe scasw                      ; one and the same word all over: a fresh disk
        pop     es
        jne     .start
        say     "Floppy A: the disk is blank.", NEWLINE
        ret
.start: say     "Starting from floppy A", NEWLINE
        jmp     boot_start
.name:  db      "Floppy A: ", 0

boot_disk:
        mov     dl, 80h
        cmp     byte [bda.disk_count], 0
        jne     .read
        say     "Hard disk: none found.", NEWLINE
        ret
.read:  call    boot_read
        mov     si, .name
        jc      boot_read_error
        push    es
        xor     ax, ax
        mov     es, ax
        cmp     word [es:BOOT_OFFSET + 510], 0AA55h
        pop     es
        je      .start
        say     "Hard disk 0: not bootable, its first sector does not end in 55AA.", NEWLINE
        ret
.start: say     "Starting from hard disk 0", NEWLINE
        jmp     boot_start
.name:  db      "Hard disk 0: ", 0

; First sector of drive DL to 0000:7C00, four tries. CF = 1, AH = status.
boot_read:
        push    es
        xor     ax, ax
        mov     es, ax
        mov     di, 4
.try:   mov     ax, 0201h
        mov     bx, BOOT_OFFSET
        mov     cx, 0001h
        mov     dh, 0
        int     13h
        jnc     .done
        cmp     ah, 80h                 ; nobody there: will not change
        stc
        je      .done
        cmp     ah, 06h                 ; disk was changed: now it is known
        je      .again
        push    ax
        mov     ah, 0
        int     13h
        pop     ax
.again: dec     di
        jnz     .try
        stc
.done:  pop     es
        ret

; Prints CS:SI and what status AH means.
boot_read_error:
        call    print_text
        mov     bx, .meanings
.search:
        mov     al, [cs:bx]
        test    al, al
        jz      .found
        cmp     al, ah
        je      .found
        add     bx, 3
        jmp     .search
.found: mov     si, [cs:bx + 1]
        call    print_text
        say     " (INT 13h status "
        mov     al, ah
        push    cx
        mov     cl, 4
        shr     al, cl
        pop     cx
        call    print_hex_digit
        mov     al, ah
        call    print_hex_digit
        say     "h)", NEWLINE
        ret
%macro meaning 2
        db      %1
        dw      %2
%endmacro
.meanings:
        meaning 80h, .m80
        meaning 02h, .m02
        meaning 04h, .m04
        meaning 06h, .m06
        meaning 0Ch, .m02
        meaning 10h, .m10
        meaning 20h, .m20
        meaning 40h, .m40
        meaning 0AAh, .maa
        meaning 0, .other
.m80:   db      "no disk in the drive, or the drive does not answer", 0
.m02:   db      "not formatted, or in a format this drive cannot read", 0
.m04:   db      "the first sector was not found", 0
.m06:   db      "the disk is being changed all the time", 0
.m10:   db      "the first sector cannot be read, its checksum is wrong", 0
.m20:   db      "the controller does not work as it should", 0
.m40:   db      "the heads cannot find track 0", 0
.maa:   db      "the drive is not ready", 0
.other: db      "the first sector cannot be read", 0

; Off to 0000:7C00 with DL = drive.
boot_start:
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        xor     bx, bx
        xor     cx, cx
        xor     si, si
        xor     di, di
        xor     bp, bp
        mov     dh, 0
        mov     sp, 0FFFEh
        sti
        jmp     0000h:BOOT_OFFSET
