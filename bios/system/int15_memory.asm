; INT 15h: memory above 1 MB. 87h block move (286 and later), 88h and E801h sizes, E820h map.
; 89h (stay in protected mode) is refused: every protected-mode program since 1990 does that itself.

; 88h: KB from 1 MB on, at most 63 MB.
int15_extended_size:
        mov     es, [bda.ebda]
        mov     ax, [es:ebda.extended_kb]
        cmp     ax, 0FC00h
        jbe     .fits
        mov     ax, 0FC00h
.fits:  mov     [bp + frame.ax], ax
        jmp     int15_done

int15_memory:
        mov     es, [bda.ebda]
        mov     al, [bp + frame.al]
        cmp     al, 01h
        je      .e801
        cmp     al, 20h
        jne     int15_unknown
        cmp     byte [es:ebda.cpu], CPU_386
        jb      int15_unknown           ; it speaks 32-bit registers
        jmp     .e820

; E801h: AX = CX = KB from 1 to 16 MB, BX = DX = 64 KB units above.
.e801:  mov     ax, [es:ebda.extended_kb]
        cmp     ax, 15 * 1024
        jbe     .below
        mov     ax, 15 * 1024
.below: mov     [bp + frame.ax], ax
        mov     [bp + frame.cx], ax
        mov     ax, [es:ebda.above_16m]
        mov     [bp + frame.bx], ax
        mov     [bp + frame.dx], ax
        jmp     int15_done

; E820h: EDX = 'SMAP', EBX = entry, ECX >= 20, ES:DI = buffer.
        cpu     386
.e820:  cmp     edx, 534D4150h
        jne     int15_unknown
        cmp     ecx, 20
        jb      int15_unknown
        mov     bx, [bp + frame.bx]
        cmp     ebx, 3
        ja      int15_unknown
        push    edx
        push    esi
        je      .extended
        cmp     bx, 1
        jb      .base
        je      .ebda
        mov     esi, 0F0000h            ; the ROM
        mov     edx, 010000h
        mov     al, 2
        jmp     .entry
.base:  xor     esi, esi
        movzx   edx, word [bda.ebda]
        shl     edx, 4
        mov     al, 1
        jmp     .entry
.ebda:  movzx   esi, word [bda.ebda]
        shl     esi, 4
        mov     edx, 0A0000h
        sub     edx, esi
        mov     al, 2
        jmp     .entry
.extended:
        mov     esi, 100000h
        movzx   edx, word [es:ebda.above_16m]
        shl     edx, 16
        jz      .small
        add     edx, 15 << 20
        jmp     .ram
.small: movzx   edx, word [es:ebda.extended_kb]
        shl     edx, 10
.ram:   mov     al, 1
.entry: mov     es, [bp + frame.es]
        mov     di, [bp + frame.di]
        mov     [es:di], esi
        mov     [es:di + 8], edx
        xor     edx, edx
        mov     [es:di + 4], edx
        mov     [es:di + 12], edx
        movzx   eax, al
        mov     [es:di + 16], eax
        inc     ebx
        cmp     bl, 4
        jb      .more
        xor     ebx, ebx
.more:  mov     ecx, 20
        pop     esi
        pop     edx
        mov     eax, edx                ; 'SMAP'; the high halves stay as they are now
        mov     [bp + frame.ax], ax
        mov     [bp + frame.bx], bx
        mov     [bp + frame.cx], cx
        jmp     int15_done
        cpu     8086

; --- protected mode ---------------------------------------------------------------------------------
; The table of descriptors that 87h gets from its caller; the BIOS fills its own places in it.
GDT_SELF        equ 08h
GDT_SOURCE      equ 10h
GDT_TARGET      equ 18h
GDT_REAL        equ 28h                 ; 64 KB, for the way back to real mode
GDT_SIZE        equ 30h

DATA_ACCESS     equ 93h
BLOCK_MOVE_SHUTDOWN equ 09h             ; CMOS 0Fh: a reset ends in block_move_resume

; Writes a 64 KB data descriptor at ES:DI for segment AX. Clobbers CL.
make_descriptor:
        push    ax
        mov     word [es:di], 0FFFFh
        mov     cl, 4
        push    ax
        shl     ax, cl
        mov     [es:di + 2], ax
        pop     ax
        mov     cl, 12
        shr     ax, cl
        mov     ah, DATA_ACCESS
        mov     [es:di + 4], ax
        mov     word [es:di + 6], 0
        pop     ax
        ret

; Completes the table at ES:SI. DI = its own descriptor, which doubles as the operand of LGDT.
; Clobbers AX, CX.
make_gdt:
        mov     byte [es:si + GDT_SOURCE + 5], DATA_ACCESS
        mov     byte [es:si + GDT_TARGET + 5], DATA_ACCESS
        lea     di, [si + GDT_REAL]
        mov     ax, es
        call    make_descriptor
        lea     di, [si + GDT_SELF]
        call    make_descriptor
        add     [es:di + 2], si
        adc     byte [es:di + 4], 0
        mov     word [es:di], GDT_SIZE - 1
        ret

; 87h: CX words from the segment of descriptor 10h to that of 18h; the table is at ES:SI.
; Interrupts are off meanwhile. AH = 0 done, 2 refused by the descriptors.
int15_block_move:
        mov     es, [bda.ebda]
        cmp     byte [es:ebda.protected_ok], 0
        je      int15_unknown
        cpu     286
        smsw    ax
        cpu     8086
        test    al, 01h                 ; in V86 mode this is the monitor's business
        jnz     int15_unknown
        mov     bl, [es:ebda.cpu]
        mov     es, [bp + frame.es]
        mov     si, [bp + frame.si]
        mov     ax, [bp + frame.cx]
        test    ax, ax
        jz      int15_done_zero
        dec     ax
        shl     ax, 1
        jc      .refused                ; more than 64 KB
        inc     ax                      ; last byte
        cmp     ax, [es:si + GDT_SOURCE]
        ja      .refused
        cmp     ax, [es:si + GDT_TARGET]
        ja      .refused
        call    make_gdt
        call    a20_get
        push    ax
        mov     ah, 1
        call    a20_set
        mov     cx, [bp + frame.cx]
        call    block_move
        pop     ax
        mov     ah, al
        call    a20_set
        jmp     int15_done_zero
.refused:
        mov     byte [bp + frame.ah], 02h
        jmp     int15_failed

; The move itself: LGDT operand at ES:DI, CX words, BL = CPU. The code segment is never reloaded, so
; that on a CPU without protected mode nothing worse than a wrong copy happens: POST tries it with two
; words. Returns with DS = BDA; clobbers all but BP, SP.
block_move:
        cli
        cld
        xor     si, si
        cmp     bl, CPU_286
        je      block_move_286
        cpu     386
        lgdt    [es:di]
        xor     di, di
        mov     eax, cr0
        or      al, 01h
        mov     cr0, eax
        jmp     short .protected
.protected:
        mov     dx, GDT_SOURCE
        mov     ds, dx
        mov     dx, GDT_TARGET
        mov     es, dx
        rep movsw
        mov     dx, GDT_REAL
        mov     ds, dx
        mov     es, dx
        and     al, 0FEh
        mov     cr0, eax
        jmp     short .real
        cpu     8086
.real:  mov     ax, BDA_SEGMENT
        mov     ds, ax
        mov     es, ax
        ret

; The 286 leaves protected mode only by a reset, on which POST finds CMOS 0Fh = 09h.
block_move_286:
        push    bp                      ; a reset spares no register
        mov     [bda.resume], sp
        mov     [bda.resume + 2], ss
        mov     ax, CMOS_SHUTDOWN | BLOCK_MOVE_SHUTDOWN << 8
        call    cmos_write
        cpu     286
        lgdt    [es:di]
        xor     di, di
        smsw    ax
        or      al, 01h
        lmsw    ax
        jmp     short .protected
        cpu     8086
.protected:
        mov     dx, GDT_SOURCE
        mov     ds, dx
        mov     dx, GDT_TARGET
        mov     es, dx
        rep movsw
        mov     al, 0FEh
        out     KBC_COMMAND, al
.reset: hlt
        jmp     .reset

; From post_entry, DS = BDA: back to the caller of block_move.
block_move_resume:
        mov     ss, [bda.resume + 2]
        mov     sp, [bda.resume]
        pop     bp
        jmp     block_move.real

; POST: is protected mode really there? Moves two words of this ROM into the EBDA and looks. An
; invalid-opcode fault means no.
probe_protected_mode:
        mov     bl, [es:ebda.cpu]
        cmp     bl, CPU_286
        jb      .none
        push    es
        xor     ax, ax
        mov     es, ax
        mov     word [es:06h * 4], .fault
        pop     es
        mov     di, IDENTIFY_BUFFER
        push    di
        mov     cx, GDT_SIZE / 2
        rep stosw
        pop     si
        lea     di, [si + GDT_SOURCE]
        mov     ax, cs
        call    make_descriptor
        add     word [es:di + 2], .marker
        lea     di, [si + GDT_TARGET]
        mov     ax, es
        call    make_descriptor
        add     word [es:di + 2], IDENTIFY_BUFFER + GDT_SIZE
        adc     byte [es:di + 4], 0
        call    make_gdt
        mov     bp, sp
        mov     cx, 2
        call    block_move
.fault: mov     sp, bp
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        mov     es, [bda.ebda]
        mov     di, IDENTIFY_BUFFER + GDT_SIZE
        mov     si, .marker
        cs lodsw
        cmp     ax, [es:di]
        jne     .restore
        cs lodsw
        cmp     ax, [es:di + 2]
        jne     .restore
        mov     byte [es:ebda.protected_ok], 1
.restore:
        mov     ax, CMOS_SHUTDOWN       ; still 09h on a 286 that refused
        call    cmos_write
        xor     ax, ax
        mov     ds, ax
        mov     word [06h * 4], do_nothing
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        sti
.none:  ret
.marker:
        db      'PMok'
