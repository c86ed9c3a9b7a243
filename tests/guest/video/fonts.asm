; INT 10h AH=11h: fonts in plane 2, rows, font pointers.
%include "guest.inc"
%include "video.inc"


guest_test "video/fonts"
    video 0x0003
    mov bh, 6
    mov ax, 0x1130
    int 0x10
    expect "1130h: height", cx, 16
    expect_byte "1130h: rows", dl, 24
    mov si, 'A' * 16
    call compare_with_font
    expect "mode 3 loads 8x16", ax, 16

    ; 50 rows
    video 0x1112, 0x0000
    expect_byte "1112h: rows", [BDA + 0x84], 49
    expect "1112h: height", [BDA + 0x85], 8
    expect_crtc "1112h: CRTC 09h", 0x09, 0x47
    expect_crtc "1112h: CRTC 12h", 0x12, 0x8F
    expect_crtc "1112h: cursor", 0x0A, 0x06
    mov bh, 3
    mov ax, 0x1130
    int 0x10
    expect "1130h: height 8", cx, 8
    expect_byte "1130h: 50 rows", dl, 49
    mov si, 'A' * 8
    call compare_with_font
    expect "1112h loads 8x8", ax, 8
    video 0x0200, 0, 0, 0x3100
    video 0x0E0A
    expect "TTY knows 50 rows", [BDA + 0x50], 0x3100

    ; 28 rows
    video 0x1111, 0x0000
    expect_byte "1111h: rows", [BDA + 0x84], 27
    expect_crtc "1111h: CRTC 12h", 0x12, (28 * 14 - 1) & 0xFF
    expect_byte "cursor stays on the screen", [BDA + 0x51], 27

    ; 43 rows
    video 0x1201, 0x0030
    video 0x0003
    video 0x1112, 0x0000
    expect_byte "43 rows", [BDA + 0x84], 42
    expect_crtc "43 rows: CRTC 12h", 0x12, (43 * 8 - 1) & 0xFF
    video 0x1202, 0x0030
    video 0x0003
    expect_byte "25 rows again", [BDA + 0x84], 24

    ; Own glyphs, block 1
    push cs
    pop es
    mov bp, .glyph
    video 0x1100, 0x1001, 1, 'B'
    mov di, 0x4000 + 'B' * 32
    call plane_2_word
    expect "1100h in block 1", ax, 0x55AA
    video 0x1103, 0x0004
    expect_indexed "1103h", 0x3C4, 3, 0x04
    video 0x1103, 0x0000
    video 0x1104, 0x0001
    mov di, 0x4000 + 'B' * 32
    call plane_2_word
    expect_byte "1104h in block 1", al, 0
    expect "1104h keeps rows", [BDA + 0x85], 16
    mov ax, 0xB800
    mov es, ax
    expect "text memory is untouched", [es:0], 0x0720
    expect_indexed "graphics 6 is back", 0x3CE, 6, 0x0E
    expect_indexed "sequencer 4 is back", 0x3C4, 4, 0x02
    jmp short .vectors
.glyph:
    db 0xAA, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
.vectors:
    ; Pointers
    push cs
    pop es
    mov bp, .glyph
    video 0x1120
    expect "1120h", [0x1F * 4], .glyph
    expect "1120h: segment", [0x1F * 4 + 2], cs
    mov bh, 0
    mov ax, 0x1130
    int 0x10
    expect "1130h BH=0", bp, .glyph
    mov bh, 4
    mov ax, 0x1130
    int 0x10
    expect "1130h BH=4: our glyphs no more", es, [0x43 * 4 + 2]
    mov [0x1F * 4], bp
    mov [0x1F * 4 + 2], es
    push es
    mov bh, 3
    mov ax, 0x1130
    int 0x10
    mov ax, [0x1F * 4]
    sub ax, bp
    expect "upper half lies 1024 bytes on", ax, 1024
    pop es
    mov bh, 8
    mov ax, 0x1130
    mov bp, 0x1234
    int 0x10
    expect "1130h BH=8 is nothing", bp, 0x1234
    video 0x11FF, 0x1234
    expect "11FFh is nothing", bx, 0x1234
    video 0x0003
    jmp finish

; ES:BP + SI = a glyph of CX bytes for 'A' -> AX = how many bytes agree with block 0 in plane 2.
compare_with_font:
    push cx
    push si
    add si, bp
    mov di, buffer
    push cx
.copy:
    mov al, [es:si]
    inc si
    mov [di], al
    inc di
    loop .copy
    pop cx
    mov di, 'A' * 32
    mov si, buffer
    xor bx, bx
.compare:
    push cx
    call plane_2_word
    pop cx
    cmp al, [si]
    jne .next
    inc bx
.next:
    inc si
    inc di
    loop .compare
    mov ax, bx
    pop si
    pop cx
    ret
buffer:
    times 32 db 0

; DI = offset -> AX = word in plane 2. By ports: read map 2, no odd/even, A0000h; then mode 3's values.
plane_2_word:
    push dx
    push ds
    mov dx, 0x3C4
    mov ax, 0x0604
    out dx, ax
    mov dx, 0x3CE
    mov ax, 0x0204
    out dx, ax
    mov ax, 0x0005
    out dx, ax
    mov ax, 0x0406
    out dx, ax
    mov ax, 0xA000
    mov ds, ax
    push word [di]
    mov ax, 0x0E06
    out dx, ax
    mov ax, 0x1005
    out dx, ax
    mov ax, 0x0004
    out dx, ax
    mov dx, 0x3C4
    mov ax, 0x0204
    out dx, ax
    pop ax
    pop ds
    pop dx
    ret

finish:
guest_end
