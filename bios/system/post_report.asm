; What POST says: a few lines, each about something the user can check.

%ifndef PLATTER_VERSION
%define PLATTER_VERSION "0.1"
%endif

; A text mode, whatever the video ROM left.
init_screen:
        mov     ax, 0003h
        mov     bl, [bda.equipment]
        and     bl, 30h
        cmp     bl, 30h
        jne     .set
        mov     al, 07h
.set:   int     10h
        ret

show_banner:
        mov     ax, 0920h               ; bright name: attributes first, then the text over them
        mov     bx, 000Fh
        mov     cx, 40
        int     10h
        say     "Platter BIOS ", PLATTER_VERSION, NEWLINE
        say     "Disks as they really are", NEWLINE, NEWLINE
        mov     bl, [es:ebda.cpu]
        xor     bh, bh
        shl     bx, 1
        mov     si, [cs:.cpus + bx]
        say     "CPU    "
        call    print_text
        say     NEWLINE
        ret
.cpus:  dw      .cpu0, .cpu1, .cpu2, .cpu3, .cpu4
.cpu0:  db      "8086", 0
.cpu1:  db      "80186", 0
.cpu2:  db      "80286", 0
.cpu3:  db      "80386", 0
.cpu4:  db      "80486 or later", 0

show_memory:
        say     13, "Memory "
        mov     ax, [bda.memory_kb]
        call    print_word
        say     "K + "
        mov     ax, [es:ebda.extended_kb]
        mov     bx, [es:ebda.above_16m]
        test    bx, bx
        jz      .small
        mov     ax, bx                  ; 15 MB and what lies above
        xor     dx, dx
        mov     cl, 6
.scale: shl     ax, 1
        rcl     dx, 1
        dec     cl
        jnz     .scale
        add     ax, 15 * 1024
        adc     dx, 0
        jmp     .print
.small: xor     dx, dx
.print: call    print_dword
        say     "K extended", NEWLINE
        ret

; COM and LPT addresses, keyboard and mouse.
show_ports:
        say     "Ports  "
        mov     si, bda.com
        mov     cx, 4
        say     "COM"
        call    .list
        say     "  LPT"
        mov     si, bda.lpt
        mov     cx, 3
        call    .list
        test    byte [es:ebda.post_errors], POST_NO_KEYBOARD
        jnz     .mouse
        say     "  keyboard"
.mouse: test    byte [bda.equipment], 04h
        jz      .done
        say     "  mouse"
.done:  say     NEWLINE
        ret
.list:  lodsw
        test    ax, ax
        jz      .next
        say     " "
        call    print_port
.next:  loop    .list
        ret

; DI = drive; type in the EBDA.
report_floppy:
        say     "Floppy "
        mov     ax, di
        add     al, 'A'
        call    print_char
        say     ": "
        mov     bl, [es:ebda.floppy_type + di]
        cmp     bl, FLOPPY_TYPES
        jbe     .known
        mov     bl, 0
.known: xor     bh, bh
        shl     bx, 1
        mov     si, [cs:.types + bx]
        call    print_text
        ret
.types: dw      .t0, .t1, .t2, .t3, .t4, .t5, .t6, .t7, .t8
.t0:    db      "unknown type in CMOS", 0
.t1:    db      '360 KB, 5.25"', 0
.t2:    db      '1.2 MB, 5.25"', 0
.t3:    db      '720 KB, 3.5"', 0
.t4:    db      '1.44 MB, 3.5"', 0
.t5:    db      '2.88 MB, 3.5"', 0
.t6:    db      '160 KB, 5.25"', 0
.t7:    db      '180 KB, 5.25"', 0
.t8:    db      '320 KB, 5.25"', 0

; SI = row of the drive just counted; the identify data are still there.
report_disk:
        say     "Disk "
        mov     al, [es:ebda.disk_total]
        add     al, '0' - 1
        call    print_char
        say     ":   "
        call    print_model
        say     ", "
        mov     ax, [es:si + drive.total]
        mov     dx, [es:si + drive.total + 2]
        mov     cx, 11
.mb:    shr     dx, 1                   ; sectors to MB
        rcr     ax, 1
        loop    .mb
        call    print_dword
        say     " MB, CHS "
        lea     bx, [si + drive.ata_cylinders]
        call    print_chs
        cmp     byte [es:si + drive.translation], TRANSLATE_NONE
        je      .done
        say     " seen as "
        lea     bx, [si + drive.cylinders]
        call    print_chs
.done:  say     NEWLINE
        ret

; Three words at ES:BX as C/H/S.
print_chs:
        mov     ax, [es:bx]
        call    print_word
        say     "/"
        mov     ax, [es:bx + 2]
        call    print_word
        say     "/"
        mov     ax, [es:bx + 4]
        jmp     print_word

report_packet_device:
        say     "       "
        call    print_model
        say     ", a packet device: not used", NEWLINE
        ret

; The model string of the identify data: bytes swapped in each word, blanks at the end left out,
; anything that is not plain text shown as a dot.
print_model:
        push    bx
        push    cx
        mov     cx, ID_MODEL_LENGTH
.trim:  mov     bx, cx
        dec     bx
        xor     bl, 1
        cmp     byte [es:ID_MODEL + bx], ' '
        ja      .print
        loop    .trim
        jmp     .done
.print: xor     bx, bx
.next:  xor     bl, 1
        mov     al, [es:ID_MODEL + bx]
        xor     bl, 1
        cmp     al, ' '
        jb      .odd
        cmp     al, 7Eh
        jbe     .char
.odd:   mov     al, '.'
.char:  call    print_char
        inc     bx
        loop    .next
.done:  pop     cx
        pop     bx
        ret

show_problems:
        cmp     byte [es:ebda.cmos_ok], 0
        jne     .clock
        say     "CMOS checksum was wrong: settings looked through and set right.", NEWLINE
.clock: test    byte [es:ebda.post_errors], POST_NO_CLOCK
        jz      .keyboard
        say     "The clock does not run.", NEWLINE
.keyboard:
        test    byte [es:ebda.post_errors], POST_NO_KEYBOARD
        jz      .done
        say     "No keyboard.", NEWLINE
.done:  ret
