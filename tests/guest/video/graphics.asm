; INT 10h in graphics modes: mode sets, dots, characters, scrolling, pages, palettes, AH=1Bh.
%include "guest.inc"
%include "video.inc"

%macro dot 3                            ; column, line, colour
    video 0x0C00 | (%3), 0, %1, %2
%endmacro
%macro expect_dot 4                     ; what, column, line, colour
    video 0x0D00, 0, %2, %3
    expect_byte %1, al, %4
%endmacro
%macro at_cell 2                        ; row, column
    video 0x0200, 0, 0, (%1) << 8 | (%2)
%endmacro

guest_test "video/graphics"
    ; What mode sets leave in the BIOS data area
    mov si, .modes
.mode:
    mov al, [si]
    cmp al, 0
    je .modes_done
    mov ah, 0
    int 0x10
    mov ah, 0
    expect "mode set: AL", ax, [si + 10]
    mov ah, 0x0F
    int 0x10
    expect_byte "0Fh: mode", al, [si]
    expect "40:4A columns", [BDA + 0x4A], [si + 2]
    expect_byte "40:84 rows", [BDA + 0x84], [si + 4]
    expect "40:85 height", [BDA + 0x85], [si + 6]
    expect "40:4C page size", [BDA + 0x4C], [si + 8]
    add si, 12
    jmp .mode
.modes:                                 ; mode, columns, rows less one, height, page size, AL after the set
    dw 0x04, 40, 24, 8, 0x4000, 0x30
    dw 0x05, 40, 24, 8, 0x4000, 0x30
    dw 0x06, 80, 24, 8, 0x4000, 0x3F
    dw 0x0D, 40, 24, 8, 0x2000, 0x20
    dw 0x0E, 80, 24, 8, 0x4000, 0x20
    dw 0x0F, 80, 24, 14, 0x8000, 0x20
    dw 0x10, 80, 24, 14, 0x8000, 0x20
    dw 0x11, 80, 29, 16, 0xA000, 0x20
    dw 0x12, 80, 29, 16, 0xA000, 0x20
    dw 0x13, 40, 24, 8, 0x2000, 0x20
    dw 0
.modes_done:

    ; Dots
    video 0x0004
    expect "40:63 of mode 4", [BDA + 0x63], 0x3D4
    dot 5, 3, 2
    expect_dot "mode 4: dot", 5, 3, 2
    expect_dot "mode 4: its neighbour", 6, 3, 0
    mov ax, 0xB800
    mov es, ax
    expect_byte "mode 4: line 3 is in the second bank", [es:0x2000 + 80 + 1], 0x20
    dot 5, 3, 0x81
    expect_dot "mode 4: exclusive or", 5, 3, 3

    video 0x0006
    dot 639, 199, 1
    expect_dot "mode 6: dot", 639, 199, 1
    expect_byte "mode 6: its byte", [es:0x3F3F], 0x01

    video 0x0012
    dot 9, 1, 0x0B
    expect_dot "mode 12h: dot", 9, 1, 0x0B
    dot 9, 1, 0x81
    expect_dot "mode 12h: exclusive or", 9, 1, 0x0A
    dot 9, 1, 0x05
    expect_dot "mode 12h: replaces", 9, 1, 0x05
    expect_dot "mode 12h: beside it", 10, 1, 0
    expect_indexed "bit mask is left open", 0x3CE, 8, 0xFF
    expect_indexed "set/reset is left off", 0x3CE, 1, 0

    video 0x0013
    mov ax, 0xA000
    mov es, ax
    dot 319, 199, 0xC4
    expect_dot "mode 13h: dot", 319, 199, 0xC4
    expect_byte "mode 13h: its byte", [es:63999], 0xC4

    ; Pages of EGA modes
    video 0x000D
    mov ax, 0x0C07
    mov bx, 0x0100
    mov cx, 0
    mov dx, 0
    int 0x10
    expect_byte "page 1 lies 2000h behind page 0", [es:0x2000], 0x80
    mov ax, 0x0D00
    mov bx, 0x0100
    int 0x10
    expect_byte "0Dh reads from a page", al, 7
    video 0x0501
    expect_crtc "start address in bytes", 0x0C, 0x20
    video 0x0500

    ; Characters
    video 0x0004
    mov ax, 0xB800
    mov es, ax
    at_cell 2, 3
    video 0x0941, 0x0001, 1
    video 0x0800
    expect_byte "mode 4: 08h finds the character", al, 'A'
    at_cell 2, 4
    video 0x0800
    expect_byte "mode 4: blanks are the first blank glyph", al, 0
    at_cell 2, 3
    video 0x0941, 0x0081, 1
    expect "exclusive or undoes it", [es:2 * 320 + 6], 0
    mov al, 0xE9
    at_cell 5, 39
    video 0x09E9, 0x0003, 20
    video 0x0800
    expect_byte "mode 4: upper half of the font", al, 0xE9
    at_cell 6, 0
    video 0x0800
    expect_byte "09h stops at the end of the line", al, 0

    video 0x0012
    mov ax, 0xA000
    mov es, ax
    at_cell 29, 79
    video 0x0E58, 0x0004
    video 0x0300, 0
    expect "TTY at the end goes to the last line", dx, 0x1D00
    at_cell 28, 79
    video 0x0800
    expect_byte "and scrolls", al, 'X'
    mov ax, 0x0D00
    mov bx, 0
    mov cx, 79 * 8
    mov dx, 28 * 16
    mov si, 0
.look:                                  ; the colours in its cell: 0 and 4 only
    push cx
.look_dot:
    mov ah, 0x0D
    int 0x10
    mov ah, 0
    or si, ax
    inc cx
    cmp cx, 640
    jb .look_dot
    pop cx
    inc dx
    cmp dx, 29 * 16
    jb .look
    expect "TTY draws in colour BL", si, 4

    video 0x0013
    mov ax, 0xA000
    mov es, ax
    at_cell 0, 0
    video 0x09DB, 0x00F5, 2
    expect "mode 13h: a block of colour F5h", [es:0], 0xF5F5
    expect "and two of them", [es:7 * 320 + 14], 0xF5F5
    expect "not three", [es:16], 0
    video 0x0601, 0x0700, 0x0000, 0x0302
    expect "scrolled away", [es:0], 0
    expect "new line has BH's colour", [es:3 * 8 * 320], 0x0707
    expect "as wide as the window", [es:3 * 8 * 320 + 24], 0
    video 0x0701, 0x0000, 0x0000, 0x0302
    expect "down again: empty above", [es:3 * 8 * 320], 0

    ; Palettes
    video 0x0004
    expect_attribute "mode 4: colour 1", 1, 0x13
    video 0x0B00, 0x0100
    expect_attribute "palette 0: colour 1", 1, 0x12
    expect_attribute "palette 0: colour 3", 3, 0x16
    video 0x0B00, 0x0009
    expect_attribute "background", 0, 0x11
    expect_attribute "and dark", 2, 0x04
    video 0x0B00, 0x0101
    expect_attribute "palette 1 dark: colour 2", 2, 0x05
    expect_byte "40:66", [BDA + 0x66], 0x29

    video 0x0013
    mov ax, 0x1015
    mov bx, 0x0020
    int 0x10
    expect "mode 13h: colour 20h is blue", cx, 0x003F
    expect_byte "no red", dh, 0
    mov ax, 0x1015
    mov bx, 0x0028
    int 0x10
    expect_byte "colour 28h is red", dh, 0x3F
    expect "nothing else", cx, 0
    mov ax, 0x1015
    mov bx, 0x00F7
    int 0x10
    expect "colour F7h is the last of the wheel", cx, 0x0C10
    mov ax, 0x1015
    mov bx, 0x00F8
    int 0x10
    expect "F8h is black", cx, 0

    ; AH=1Bh
    video 0x0012
    mov di, 0x2000
    push ds
    pop es
    video 0x1B00, 0
    expect_byte "1Bh: mode", [0x2004], 0x12
    expect "1Bh: colours", [0x2027], 16
    expect_byte "1Bh: pages", [0x2029], 1
    expect_byte "1Bh: lines are 480", [0x202A], 3
    les di, [0x2000]
    expect "1Bh: supported modes", [es:di], 0xE0FF
    expect_byte "and above", [es:di + 2], 0x0F
    xor ax, ax
    mov es, ax
    video 0x0013
    mov di, 0x2000
    video 0x1B00, 0
    expect "1Bh: 256 colours", [0x2027], 256
    expect_byte "1Bh: of 200 lines", [0x202A], 0

    ; Fonts
    mov ax, 0x1130
    mov bx, 0x0100
    int 0x10
    expect "height of the drawn font", cx, 8
    expect_byte "rows", dl, 24
    xor ax, ax
    mov es, ax
    mov ax, 0x1124                      ; 8x16 from now on
    mov bx, 2
    int 0x10
    expect_byte "1124h: height", [BDA + 0x85], 16
    video 0x0003
    video 0x0F00
    expect_byte "text again", al, 3
    expect_cell "cleared", 0, 0, 0x0720
guest_end
