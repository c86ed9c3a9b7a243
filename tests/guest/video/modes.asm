; INT 10h AH=00h, 05h, 0Fh and AX=1200h/BL=30h: mode sets, the BIOS data area and the registers behind them.
%include "guest.inc"
%include "video.inc"

guest_test "video/modes"
    video 0x0003
    video 0x0F00, 0xFFFF
    expect "mode 3: AX of 0Fh", ax, 0x5003
    expect_byte "mode 3: page", bh, 0
    expect_byte "0Fh keeps BL", bl, 0xFF
    expect "40:4A columns", [BDA + 0x4A], 80
    expect "40:4C page size", [BDA + 0x4C], 0x1000
    expect "40:4E page start", [BDA + 0x4E], 0
    expect "40:63 CRTC", [BDA + 0x63], 0x3D4
    expect_byte "40:65 CGA mode", [BDA + 0x65], 0x29
    expect_byte "40:84 rows", [BDA + 0x84], 24
    expect "40:85 height", [BDA + 0x85], 16
    expect_byte "40:87", [BDA + 0x87], 0x60
    expect_byte "40:8A", [BDA + 0x8A], 8
    expect_cell "mode 3 clears", 24, 79, 0x0720
    expect_crtc "CRTC 00h", 0x00, 0x5F
    expect_crtc "CRTC 09h", 0x09, 0x4F
    expect_crtc "CRTC 12h", 0x12, 0x8F
    expect_crtc "CRTC 13h", 0x13, 0x28
    expect_indexed "sequencer 2", 0x3C4, 2, 3
    expect_indexed "graphics 5", 0x3CE, 5, 0x10
    expect_indexed "graphics 6", 0x3CE, 6, 0x0E
    expect_attribute "attribute 06h", 6, 0x14
    mov dx, 0x3CC
    in al, dx
    expect_byte "misc", al, 0x67

    ; Forty columns
    video 0x0001
    video 0x0F00
    expect "mode 1: AX of 0Fh", ax, 0x2801
    expect "mode 1: page size", [BDA + 0x4C], 0x800
    expect_crtc "mode 1: CRTC 01h", 0x01, 0x27

    ; Pages
    video 0x0003
    video 0x0200, 0x0300, 0, 0x0507     ; page 3: row 5, column 7
    video 0x0503
    expect_byte "40:62 page", [BDA + 0x62], 3
    expect "40:4E of page 3", [BDA + 0x4E], 0x3000
    expect_crtc "start address high", 0x0C, 0x18
    expect_crtc "start address low", 0x0D, 0x00
    expect_crtc "cursor high", 0x0E, (0x1800 + 5 * 80 + 7) >> 8
    expect_crtc "cursor low", 0x0F, (0x1800 + 5 * 80 + 7) & 0xFF
    video 0x0F00
    expect_byte "0Fh: page 3", bh, 3
    video 0x0300, 0x0300
    expect "03h: position on page 3", dx, 0x0507
    video 0x0300, 0x0000
    expect "03h: position on page 0", dx, 0
    video 0x0500

    ; Bit 7 keeps memory
    mov ax, 0xB800
    mov es, ax
    mov word [es:100], 0x1E41
    video 0x0083
    expect "mode 83h keeps memory", [es:100], 0x1E41
    video 0x0F00
    expect_byte "0Fh tells about bit 7", al, 0x83
    video 0x0003
    expect "mode 3 clears again", [es:100], 0x0720
    video 0x0F00
    expect_byte "bit 7 is gone", al, 0x03

    ; Scan lines
    video 0x1200, 0x0030
    expect_byte "30h known", al, 0x12
    video 0x0003
    expect "200 lines: height", [BDA + 0x85], 8
    expect_byte "200 lines: rows", [BDA + 0x84], 24
    expect_crtc "200 lines: CRTC 09h", 0x09, 0xC7
    expect_attribute "200 lines: palette 8", 8, 0x10
    video 0x1201, 0x0030
    video 0x0003
    expect "350 lines: height", [BDA + 0x85], 14
    expect_crtc "350 lines: CRTC 09h", 0x09, 0x4D
    expect_crtc "350 lines: CRTC 12h", 0x12, 0x5D
    video 0x1202, 0x0030
    video 0x0003
    expect "400 lines: height", [BDA + 0x85], 16

    ; A mode nobody knows
    video 0x0050
    video 0x0F00
    expect_byte "mode 50h is refused", al, 0x03
    expect_crtc "and touches nothing", 0x09, 0x4F

    ; Mono
    video 0x0007
    video 0x0F00
    expect "mode 7: AX of 0Fh", ax, 0x5007
    expect "mode 7: CRTC", [BDA + 0x63], 0x3B4
    expect_crtc "mode 7: underline", 0x14, 0x0F
    mov ax, 0xB000
    mov es, ax
    expect "mode 7 clears B0000h", [es:0], 0x0720
    video 0x0E41, 0x0007
    expect "TTY writes to B0000h", [es:0], 0x0741
    expect_indexed "mode 7: graphics 6", 0x3CE, 6, 0x0A
    video 0x0003
    expect "back at 3D4h", [BDA + 0x63], 0x3D4
guest_end
