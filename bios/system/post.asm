; Power-on self test: from the reset vector to INT 19h. The order follows the IBM AT, with the
; timer's interrupt opened early so that every later wait can be limited.
; A CPU reset also leads here in the middle of a program's life: CMOS 0Fh then says how to go on.

post_entry:
        cli
        cld
        mov     al, CMOS_SHUTDOWN | 80h
        out     CMOS_INDEX, al
        in      al, CMOS_DATA
        mov     bl, al
        mov     al, CMOS_SHUTDOWN | 80h
        out     CMOS_INDEX, al
        mov     al, 0
        out     CMOS_DATA, al
        test    bl, bl
        jz      .cold
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        cmp     bl, 05h
        je      .jump_eoi
        cmp     bl, 0Ah
        je      .jump
        cmp     bl, 09h
        je      .block_move
        cmp     bl, 0Bh
        je      .iret
        cmp     bl, 0Ch
        jne     .cold
        mov     sp, [bda.resume]        ; RETF with the stack there
        mov     ss, [bda.resume + 2]
        retf
.iret:  mov     sp, [bda.resume]
        mov     ss, [bda.resume + 2]
        iret
.jump_eoi:
        mov     al, EOI
        out     PIC2, al
        out     PIC1, al
.jump:  jmp     far [bda.resume]
.block_move:
        jmp     block_move_resume

.cold:  post_code 01h
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        mov     di, [bda.reset_flag]    ; 1234h after Ctrl-Alt-Del; kept in DI up to the clearing

        ; DMA: channel 4 carries channels 0-3 through, all others stay shut
        mov     al, 0
        out     0Dh, al
        out     0DAh, al
        mov     al, 0C0h
        out     0D6h, al
        mov     al, 0
        out     0D4h, al

        ; interrupt controllers: vectors 08h and 70h, everything shut
        mov     al, 11h
        out     PIC1, al
        out     PIC2, al
        mov     al, 08h
        out     PIC1_MASK, al
        mov     al, 70h
        out     PIC2_MASK, al
        mov     al, 04h
        out     PIC1_MASK, al
        mov     al, 02h
        out     PIC2_MASK, al
        mov     al, 01h
        out     PIC1_MASK, al
        out     PIC2_MASK, al
        mov     al, 0FFh
        out     PIC1_MASK, al
        out     PIC2_MASK, al

        ; timer: 18.2 Hz, refresh, speaker silent. Mode 2, not IBM's 3: Bochs halves the rate of 3
        mov     al, 34h
        out     PIT_CONTROL, al
        mov     al, 0
        out     PIT_0, al
        out     PIT_0, al
        mov     al, 54h
        out     PIT_CONTROL, al
        mov     al, 18
        out     PIT_1, al
        mov     al, 0
        out     PORT_B, al

        ; the first 32 KB: stack, vectors, data area
        post_code 02h
        xor     ax, ax
        mov     ss, ax
        mov     sp, 7C00h
        mov     es, ax
        mov     bp, di                  ; BP = reset flag
        mov     di, 400h
        mov     cx, (7B00h - 400h) / 2
        rep stosw
        mov     [bda.reset_flag], bp
        call    init_vectors
        call    init_data_area
        call    size_base_memory
        call    make_ebda               ; ES = EBDA from here on
        call    detect_cpu
        mov     al, 0FAh                ; IRQ 0 and the cascade
        out     PIC1_MASK, al
        sti

        post_code 03h
        call    cmos_check
        mov     byte [es:ebda.cmos_ok], 1
        jz      .settings
        mov     byte [es:ebda.cmos_ok], 0
        call    cmos_repair
.settings:
        call    init_equipment
        call    init_extended_memory
        call    disable_a20

        post_code 04h
        mov     dx, 0C000h              ; video ROM: C0000h-C7800h
        mov     cx, 0C780h
        call    scan_roms
        call    init_screen
        call    show_banner

        post_code 05h
        call    test_base_memory
        call    show_memory

        post_code 06h
        call    keyboard_init
        mov     al, 0F8h                ; and IRQ 1
        out     PIC1_MASK, al
        call    detect_serial
        call    detect_parallel
        call    show_ports
        call    init_clock

        post_code 07h
        mov     al, 0B8h                ; and IRQ 6
        out     PIC1_MASK, al
        call    detect_floppies
        post_code 08h
        call    detect_disks
        call    probe_protected_mode
        call    show_problems

        post_code 09h
        in      al, PIC2_MASK
        and     al, 0CFh                ; mouse and coprocessor
        out     PIC2_MASK, al
        mov     dx, 0C800h              ; adapter ROMs
        mov     cx, 0F000h
        call    scan_roms
        mov     al, CMOS_STATUS_D       ; NMI open, index off the RAM
        out     CMOS_INDEX, al
        in      al, CMOS_DATA
        mov     word [bda.reset_flag], 0
        post_code 0AAh
        int     19h

; Interrupt vectors: 00h-77h to the ROM, 60h-67h free for programs, the rest zero.
init_vectors:
        push    ds
        push    es
        push    cs
        pop     ds
        xor     di, di
        mov     es, di
        mov     cx, 78h
.idle:  mov     ax, do_nothing
        stosw
        mov     ax, cs
        stosw
        loop    .idle
        xor     ax, ax
        mov     cx, (100h - 78h) * 2
        rep stosw
        mov     di, 60h * 4
        mov     cx, 8 * 2
        rep stosw
        mov     si, vector_table        ; the fixed one at FEF3h: 08h-1Fh
        mov     di, 08h * 4
        mov     cx, 18h
.first: movsw
        inc     di
        inc     di
        loop    .first
        mov     di, 70h * 4
        mov     si, slave_vectors
        mov     cx, 8
.slave: movsw
        inc     di
        inc     di
        loop    .slave
        mov     word [es:02h * 4], nmi_entry
        mov     word [es:05h * 4], int05_entry
        mov     word [es:40h * 4], int40_entry
        xor     ax, ax
        mov     [es:1Fh * 4], ax        ; the video ROM's
        mov     [es:1Fh * 4 + 2], ax
        mov     [es:41h * 4], ax        ; no disks yet
        mov     [es:41h * 4 + 2], ax
        mov     [es:46h * 4], ax
        mov     [es:46h * 4 + 2], ax
        pop     es
        pop     ds
        ret

slave_vectors:
        dw      int70_clock, int71_redirect, unexpected_irq, unexpected_irq
        dw      int74_mouse, int75_fpu, int76_disk, int76_disk

init_data_area:
        mov     ax, bda.key_buffer
        mov     [bda.key_start], ax
        mov     [bda.key_head], ax
        mov     [bda.key_tail], ax
        add     ax, KEY_BUFFER_SIZE
        mov     [bda.key_end], ax
        mov     word [bda.lpt_timeout], 1414h
        mov     word [bda.lpt_timeout + 2], 0014h
        mov     word [bda.com_timeout], 0A0Ah
        mov     word [bda.com_timeout + 2], 0A0Ah
        ret

; Looks for RAM in steps of 16 KB up to 640 KB, without disturbing it; CMOS may say less.
size_base_memory:
        mov     dx, 0800h               ; 32 KB are in use already
.step:  push    es
        mov     es, dx
        mov     ax, [es:0]
        mov     word [es:0], 5AA5h
        mov     bx, [es:0]
        mov     word [es:0], 0A55Ah
        mov     cx, [es:0]
        mov     [es:0], ax
        pop     es
        cmp     bx, 5AA5h
        jne     .end
        cmp     cx, 0A55Ah
        jne     .end
        add     dx, 0400h
        cmp     dx, 0A000h
        jb      .step
.end:   mov     cl, 6
        shr     dx, cl                  ; paragraphs to KB
        mov     al, CMOS_BASE_LOW
        call    cmos_read_word
        cmp     ax, 64
        jb      .found
        cmp     ax, dx
        jae     .found
        mov     dx, ax
.found: mov     [bda.memory_kb], dx
        ret

; The last KB of base memory becomes the EBDA. ES = EBDA.
make_ebda:
        mov     ax, [bda.memory_kb]
        sub     ax, EBDA_KB
        mov     [bda.memory_kb], ax
        mov     cl, 6
        shl     ax, cl
        mov     [bda.ebda], ax
        mov     es, ax
        xor     ax, ax
        xor     di, di
        mov     cx, EBDA_KB * 512
        rep stosw
        mov     byte [es:ebda.size_kb], EBDA_KB
        mov     word [es:ebda.floppy_specify], 0FFFFh
        ret

; Which family: shift counts masked from the 186 on, flag bits 15-12 clear on the 286, IOPL and NT
; settable from the 386 on, AC from the 486 on.
detect_cpu:
        mov     bl, CPU_8086
        mov     ax, 1
        mov     cl, 33
        shl     ax, cl
        test    ax, ax
        jz      .known
        mov     bl, CPU_186
        pushf
        pop     ax
        and     ax, 0FFFh
        push    ax
        popf
        pushf
        pop     ax
        and     ax, 0F000h
        cmp     ax, 0F000h
        je      .known
        mov     bl, CPU_286
        pushf
        pop     ax
        or      ax, 7000h
        push    ax
        popf
        pushf
        pop     ax
        test    ax, 7000h
        jz      .known
        and     ax, 0FFFh
        push    ax
        popf
        mov     bl, CPU_386
        cpu     386
        pushfd
        pop     eax
        mov     ecx, eax
        xor     eax, 40000h
        push    eax
        popfd
        pushfd
        pop     eax
        push    ecx
        popfd
        xor     eax, ecx
        cpu     8086
        jz      .known
        mov     bl, CPU_486
.known: mov     [es:ebda.cpu], bl
        ret

; CMOS 14h holds the coprocessor, video and mouse bits; floppies are counted from CMOS 10h, since
; that is what decides here.
init_equipment:
        mov     al, CMOS_EQUIPMENT
        call    cmos_read
        and     al, 36h
        mov     ah, 0
        mov     [bda.equipment], ax
        ret

; Memory above 1 MB as CMOS tells: counting it would need protected mode.
init_extended_memory:
        cmp     byte [es:ebda.cpu], CPU_286
        jb      .done
        mov     al, CMOS_EXT_LOW
        call    cmos_read_word
        mov     [es:ebda.extended_kb], ax
        cmp     byte [es:ebda.cpu], CPU_386
        jb      .done
        mov     al, CMOS_16M_LOW
        call    cmos_read_word
        mov     [es:ebda.above_16m], ax
        test    ax, ax
        jnz     .done
        mov     ax, [es:ebda.extended_kb]
        sub     ax, 15 * 1024
        jbe     .done
        mov     cl, 6
        shr     ax, cl
        mov     [es:ebda.above_16m], ax
.done:  ret

disable_a20:
        cmp     byte [es:ebda.cpu], CPU_286
        jb      .done
        mov     ah, 0
        call    a20_set
.done:  ret

; Writes, reads and clears base memory from 32 KB to the EBDA, counting on the screen. Skipped after
; Ctrl-Alt-Del.
test_base_memory:
        mov     ax, [bda.memory_kb]
        cmp     word [bda.reset_flag], 1234h
        je      .done
        push    es
        mov     dx, 0800h
.block: mov     cx, [bda.ebda]
        sub     cx, dx
        jbe     .end
        cmp     cx, 1000h
        jbe     .size
        mov     cx, 1000h
.size:  mov     es, dx
        add     dx, cx
        shl     cx, 1                   ; paragraphs to words
        shl     cx, 1
        shl     cx, 1
        mov     bx, cx
        mov     ax, 0A55Ah
        xor     di, di
        rep stosw
        mov     cx, bx
        xor     di, di
        repe scasw
        jne     .bad
        mov     cx, bx
        xor     ax, ax
        xor     di, di
        rep stosw
        mov     ax, dx
        mov     cl, 6
        shr     ax, cl
        call    .show
        jmp     .block
.end:   pop     es
.done:  ret
.show:  say     13, "Memory "
        call    print_word
        say     "K"
        ret
.bad:   dec     di                      ; machine with bad memory: what lies below is used
        dec     di
        mov     cl, 4
        shr     di, cl
        mov     ax, es
        add     ax, di
        mov     cl, 6
        shr     ax, cl
        and     al, 0F0h
        pop     es
        call    .show
        say     NEWLINE, "Bad memory above this address; using what is below.", NEWLINE
        mov     [bda.memory_kb], ax
        ret

; COM ports: a 16550 or its ancestors keeps what is written to its interrupt enable register.
detect_serial:
        mov     si, .bases
        mov     di, bda.com
        mov     cx, 4
.port:  mov     dx, [cs:si]
        inc     dx
        mov     al, 02h
        out     dx, al
        in      al, dx
        cmp     al, 02h
        jne     .next
        inc     dx
        in      al, dx                  ; interrupt identification
        test    al, 30h                 ; always 0; clears the transmitter request
        jnz     .next
        dec     dx
        mov     al, 0
        out     dx, al
        in      al, dx
        test    al, al
        jnz     .next
        dec     dx
        mov     [di], dx
        inc     di
        inc     di
        add     byte [bda.equipment + 1], 02h
.next:  inc     si
        inc     si
        loop    .port
        ret
.bases: dw      3F8h, 2F8h, 3E8h, 2E8h

; LPT ports: the data latch reads back.
detect_parallel:
        mov     si, .bases
        mov     di, bda.lpt
        mov     cx, 3
.port:  mov     dx, [cs:si]
        inc     dx
        inc     dx
        in      al, dx
        and     al, 0DFh                ; direction out
        out     dx, al
        dec     dx
        dec     dx
        mov     al, 0AAh
        out     dx, al
        in      al, dx
        cmp     al, 0AAh
        jne     .next
        mov     al, 55h
        out     dx, al
        in      al, dx
        cmp     al, 55h
        jne     .next
        mov     [di], dx
        inc     di
        inc     di
        add     byte [bda.equipment + 1], 40h
.next:  inc     si
        inc     si
        loop    .port
        ret
.bases: dw      3BCh, 378h, 278h

; Clock: running, 1024 Hz base, no interrupts enabled; timer ticks from the time of day.
init_clock:
        mov     ax, CMOS_STATUS_A | 2600h
        call    cmos_write
        mov     al, CMOS_STATUS_B
        call    cmos_read
        and     al, 07h                 ; keep format and daylight saving
        mov     ah, al
        mov     al, CMOS_STATUS_B
        call    cmos_write
        mov     al, CMOS_STATUS_C
        call    cmos_read
        call    rtc_ticks
        jc      .bad
        cli
        mov     [bda.ticks], ax
        mov     [bda.ticks + 2], dx
        mov     byte [bda.midnight], 0
        sti
        ret
.bad:   or      byte [es:ebda.post_errors], POST_NO_CLOCK
        ret

; Drives of CMOS 10h that answer a recalibration.
detect_floppies:
        mov     al, CMOS_FLOPPIES
        call    cmos_read
        test    al, al
        jz      .none
        mov     ah, al
        mov     cl, 4
        shr     ah, cl
        and     al, 0Fh
        mov     [es:ebda.floppy_type], ah
        mov     [es:ebda.floppy_type + 1], al
        call    fdc_reset
        jc      .dead
        xor     di, di
.drive: mov     al, [es:ebda.floppy_type + di]
        cmp     al, 0
        je      .next
        call    report_floppy
        mov     al, RATE_500
        call    fdc_set_rate
        call    fdc_specify
        mov     al, 0
        call    fdc_motor_on
        call    fdc_recalibrate
        call    fdc_motor_release
        jnc     .answers
        mov     byte [es:ebda.floppy_type + di], 0
        say     "  (does not answer)"
        jmp     .line
.answers:
        mov     al, [bda.equipment]     ; floppy bit, then count - 1
        test    al, 01h
        jz      .first
        add     al, 40h
.first: or      al, 01h
        mov     [bda.equipment], al
.line:  say     NEWLINE
.next:  inc     di
        cmp     di, 2
        jb      .drive
        ret
.dead:  mov     word [es:ebda.floppy_type], 0
        say     "Floppy controller does not answer.", NEWLINE
.none:  ret

; Option ROMs from segment DX up to CX in steps of 2 KB: 55 AA, length, sum 0, entry at offset 3.
scan_roms:
        push    ds
        push    es
.next:  mov     ds, dx
        cmp     word [0], 0AA55h
        jne     .step
        mov     al, [2]                 ; length in 512 bytes
        test    al, al
        jz      .step
        mov     ah, 0
        push    cx
        mov     bx, ax
        mov     cl, 5
        shl     bx, cl                  ; in paragraphs
        mov     cx, ax
        xor     ah, ah
        push    dx
.sector:
        mov     ds, dx
        xor     si, si
        push    cx
        mov     cx, 512
.byte:  lodsb
        add     ah, al
        loop    .byte
        pop     cx
        add     dx, 512 / 16
        loop    .sector
        pop     dx
        pop     cx
        test    ah, ah
        jnz     .step
        push    bx
        push    cx
        push    dx
        call    .run
        cld
        cli
        sti
        pop     dx
        pop     cx
        pop     bx
        add     bx, 07Fh                ; on to the next 2 KB
        and     bx, 0FF80h
        add     dx, bx
        jmp     .check
.step:  add     dx, 0080h
.check: cmp     dx, cx
        jb      .next
        pop     es
        pop     ds
        ret
.run:   mov     ax, cs
        mov     es, ax
        mov     di, no_pnp              ; ES:DI: no Plug and Play here
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        push    cs
        mov     ax, .back
        push    ax
        push    dx                      ; RETF into the ROM: DX:0003
        mov     ax, 3
        push    ax
        retf
.back:  ret
no_pnp: dd      0
