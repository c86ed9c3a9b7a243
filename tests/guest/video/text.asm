; INT 10h AH=01h-03h, 06h-0Ah, 0Eh, 13h: characters, cursor, scrolling.
%include "guest.inc"
%include "video.inc"

guest_test "video/text"
    video 0x0003

    ; Cursor: shapes are stretched to the height of 16
    video 0x0300, 0
    expect "shape after a mode set", cx, 0x0607
    expect_crtc "default cursor: first line", 0x0A, 0x0D
    expect_crtc "default cursor: last line", 0x0B, 0x0E
    video 0x0100, 0, 0x0007
    expect_crtc "block: first line", 0x0A, 0x00
    expect_crtc "block: last line", 0x0B, 0x0F
    video 0x0100, 0, 0x0407
    expect_crtc "half block: first line", 0x0A, 0x08
    video 0x0100, 0, 0x2000
    expect_crtc "hidden", 0x0A, 0x20
    video 0x1201, 0x0034
    video 0x0100, 0, 0x0607
    expect_crtc "without emulation", 0x0A, 0x06
    video 0x1200, 0x0034
    video 0x0100, 0, 0x0607
    video 0x0200, 0, 0, 0x0A14
    expect "40:50", [BDA + 0x50], 0x0A14
    expect_crtc "cursor low", 0x0F, (10 * 80 + 20) & 0xFF

    ; Characters
    video 0x0200, 0, 0, 0x0203
    video 0x0941, 0x001E, 3
    expect_cell "09h writes", 2, 3, 0x1E41
    expect_cell "09h repeats", 2, 5, 0x1E41
    expect_cell "09h stops", 2, 6, 0x0720
    expect "09h leaves the cursor", [BDA + 0x50], 0x0203
    video 0x0A42, 0x0000, 2
    expect_cell "0Ah keeps attributes", 2, 4, 0x1E42
    expect_cell "0Ah stops", 2, 5, 0x1E41
    video 0x0A43, 0x0000, 0
    expect_cell "0Ah writes nothing for 0", 2, 3, 0x1E42
    video 0x0800, 0x0000
    expect "08h reads", ax, 0x1E42
    video 0x0200, 0x0200, 0, 0x0000
    video 0x0943, 0x0230, 1
    mov ax, 0xB800
    mov es, ax
    expect "09h on page 2", [es:0x2000], 0x3043
    video 0x0800, 0x0200
    expect "08h on page 2", ax, 0x3043

    ; TTY
    video 0x0003
    video 0x0200, 0, 0, 0x014E          ; row 1, column 78
    video 0x0E61, 0x0007
    video 0x0E62, 0x0007
    expect_cell "TTY writes", 1, 78, 0x0761
    expect "TTY wraps", [BDA + 0x50], 0x0200
    video 0x0E0A
    expect "LF keeps the column", [BDA + 0x50], 0x0300
    video 0x0E63, 0x0007
    video 0x0E08
    expect "BS goes back", [BDA + 0x50], 0x0300
    expect_cell "BS does not delete", 3, 0, 0x0763
    video 0x0E08
    expect "BS stops at the edge", [BDA + 0x50], 0x0300
    video 0x0E64, 0x0007
    video 0x0E0D
    expect "CR", [BDA + 0x50], 0x0300
    video 0x0E07
    expect "BEL moves nothing", [BDA + 0x50], 0x0300
    mov al, 0x08
    out 0x61, al
    expect_cell "BEL writes nothing", 3, 0, 0x0764

    ; TTY scrolls with the attribute of the last row
    video 0x0200, 0, 0, 0x1800
    video 0x0920, 0x002F, 1
    video 0x0200, 0, 0, 0x1800
    video 0x0E0A
    expect "LF at the bottom stays", [BDA + 0x50], 0x1800
    expect_cell "LF at the bottom scrolls", 2, 0, 0x0764
    expect_cell "new line's attribute", 24, 79, 0x2F20
    video 0x0200, 0, 0, 0x184F
    video 0x0E7A, 0x0007
    expect_cell "last cell scrolled up", 23, 79, 0x2F7A
    expect "cursor in the last row", [BDA + 0x50], 0x1800

    ; Windows: five rows of letters in the middle of the screen
    video 0x0003
    mov dx, 0x050A
.fill:
    mov bx, 0x0000
    mov ah, 0x02
    int 0x10
    mov al, dh
    add al, 'A' - 5
    mov ah, 0x09
    mov bx, 0x0007
    mov cx, 10
    int 0x10
    inc dh
    cmp dh, 10
    jb .fill
    video 0x0602, 0x4000, 0x050B, 0x0912
    expect_cell "06h moves", 5, 11, 0x0743
    expect_cell "06h moves the last", 7, 18, 0x0745
    expect_cell "06h fills", 8, 11, 0x4020
    expect_cell "06h fills the last row", 9, 18, 0x4020
    expect_cell "06h: left of the window", 5, 10, 0x0741
    expect_cell "06h: right of the window", 5, 19, 0x0741
    video 0x0701, 0x2000, 0x050B, 0x0912
    expect_cell "07h fills", 5, 11, 0x2020
    expect_cell "07h moves", 6, 11, 0x0743
    expect_cell "07h moves the last", 9, 18, 0x4020
    expect_cell "07h: below the window", 10, 11, 0x0720
    video 0x0600, 0x5000, 0x050A, 0x0913
    expect_cell "06h with 0 lines clears", 9, 10, 0x5020
    expect_cell "and no more", 9, 20, 0x0720
    video 0x0619, 0x6000, 0x1700, 0xFFFF
    expect_cell "a window is trimmed", 24, 79, 0x6020
    expect_cell "a window is trimmed above", 22, 79, 0x0720
    video 0x0600, 0x7000, 0x0C0C, 0x0101
    expect_cell "an inverted window is nothing", 12, 12, 0x0720

    ; Strings
    push cs
    pop es
    mov bp, .plain
    video 0x1300, 0x001F, 3, 0x0C05
    expect_cell "13h/0 writes", 12, 7, 0x1F33
    expect "13h/0 leaves the cursor", [BDA + 0x50], 0x090A
    jmp short .moving
.plain:
    db "123"
.pairs:
    db "x", 0x2E, "y", 0x4C
.lines:
    db "a", 13, 10, "b"
.moving:
    video 0x0200, 0, 0, 0x0905
    mov bp, .plain
    video 0x1301, 0x001F, 3, 0x0D05
    expect "13h/1 moves the cursor", [BDA + 0x50], 0x0D08
    mov bp, .pairs
    video 0x1302, 0x0000, 2, 0x0E05
    expect_cell "13h/2 takes attributes", 14, 5, 0x2E78
    expect_cell "13h/2 counts characters", 14, 6, 0x4C79
    expect_cell "13h/2 ends", 14, 7, 0x0720
    mov bp, .pairs
    video 0x1303, 0x0000, 2, 0x0F05
    expect "13h/3 moves the cursor", [BDA + 0x50], 0x0F07
    mov bp, .lines
    video 0x1301, 0x0017, 4, 0x1005
    expect_cell "13h obeys CR and LF", 17, 0, 0x1762
    expect "13h: registers stay", cx, 4
    expect "13h: BP stays", bp, .lines
guest_end
