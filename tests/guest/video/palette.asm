; INT 10h AH=0Bh, 10h: attribute palette, border, blink, DAC.
%include "guest.inc"
%include "video.inc"

guest_test "video/palette"
    video 0x0003
    video 0x1000, 0x2A03
    expect_attribute "1000h", 3, 0x2A
    video 0x1007, 0x0003
    expect_byte "1007h", bh, 0x2A
    video 0x1001, 0x0900
    expect_attribute "1001h", 0x11, 0x09
    video 0x1008, 0
    expect_byte "1008h", bh, 0x09

    mov ax, cs
    mov es, ax
    video 0x1002, 0, 0, .seventeen
    expect_attribute "1002h: first", 0, 0x3F
    expect_attribute "1002h: last", 15, 0x30
    expect_attribute "1002h: border", 0x11, 0x05
    video 0x1009, 0, 0, .buffer
    expect "1009h: first", [.buffer], 0x3E3F
    expect_byte "1009h: border", [.buffer + 16], 0x05
    jmp .blink
.seventeen:
    db 0x3F, 0x3E, 0x3D, 0x3C, 0x3B, 0x3A, 0x39, 0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31, 0x30, 0x05
.buffer:
    times 18 db 0
.blink:
    expect_attribute "blink is on", 0x10, 0x0C
    video 0x1003, 0x0000
    expect_attribute "1003h: bright backgrounds", 0x10, 0x04
    expect_byte "40:65 without blink", [BDA + 0x65], 0x09
    video 0x1003, 0x0001
    expect_attribute "1003h: blink", 0x10, 0x0C
    expect_byte "40:65 with blink", [BDA + 0x65], 0x29

    video 0x0003
    expect_attribute "a mode set restores the palette", 3, 3
    video 0x1015, 0x0014
    expect_byte "colour 14h: red", dh, 0x2A
    expect "colour 14h: green, blue", cx, 0x1500
    video 0x1015, 0x0039
    expect_byte "colour 39h: red", dh, 0x15
    expect "colour 39h: green, blue", cx, 0x153F
    video 0x1010, 0x0080, 0x1122, 0x3300
    video 0x1015, 0x0080
    expect_byte "1010h: red", dh, 0x33
    expect "1010h: green, blue", cx, 0x1122
    push cs
    pop es
    video 0x1012, 0x0090, 2, .triples
    video 0x1015, 0x0091
    expect_byte "1012h: red", dh, 4
    expect "1012h: green, blue", cx, 0x0506
    video 0x1017, 0x0090, 2, .buffer
    expect "1017h: first", [.buffer], 0x0201
    expect "1017h: last", [.buffer + 4], 0x0605
    jmp short .gray
.triples:
    db 1, 2, 3, 4, 5, 6
.gray:
    video 0x1010, 0x0080, 0x0000, 0x3F00
    video 0x101B, 0x0080, 1
    video 0x1015, 0x0080
    expect "101Bh: gray", cx, 0x1313    ; 30 % of 3Fh
    expect_byte "101Bh: gray red", dh, 0x13

    mov dx, 0x3C6                       ; QEMU's VGA has no mask: reads 0
    in al, dx
    cmp al, 0xFF
    jne .no_mask
    video 0x1018, 0x000F
    video 0x1019, 0
    expect_byte "1019h", bl, 0x0F
    video 0x1018, 0x00FF
.no_mask:

    video 0x101A, 0xFFFF
    expect "101Ah: groups of 64, first", bx, 0x0000
    video 0x1013, 0x0201                ; group 2
    expect_attribute "1013h: group of 64", 0x14, 0x08
    video 0x101A, 0
    expect "101Ah: group 2", bx, 0x0200
    video 0x1013, 0x0100                ; groups of 16
    expect_attribute "1013h: groups of 16", 0x10, 0x8C
    video 0x1013, 0x0701
    video 0x101A, 0
    expect "101Ah: group 7 of 16", bx, 0x0701

    video 0x0003
    expect_attribute "a mode set ends grouping", 0x10, 0x0C
    video 0x0B00, 0x0009
    expect_attribute "0Bh: border", 0x11, 0x11
    video 0x10FF, 0x1234
    expect "10FFh is nothing", ax, 0x10FF

    ; Loading of palettes
    video 0x1201, 0x0031
    expect_byte "31h known", al, 0x12
    video 0x1010, 0x0001, 0x0102, 0x0300
    video 0x0003
    video 0x1015, 0x0001
    expect "31h: the DAC is kept", cx, 0x0102
    video 0x1200, 0x0031
    video 0x0003
    video 0x1015, 0x0001
    expect "31h: the DAC is loaded", cx, 0x002A
    video 0x1200, 0x0033
    video 0x0003
    video 0x1015, 0x0004
    expect "33h: loaded as gray", cx, 0x0D0D  ; 30 % of 2Ah
    video 0x1201, 0x0033
    video 0x0003
guest_end
