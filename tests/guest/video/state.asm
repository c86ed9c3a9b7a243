; INT 10h AH=12h, 1Ah, 1Bh, 1Ch, and what must not answer.
%include "guest.inc"
%include "video.inc"

guest_test "video/state"
    video 0x0003
    video 0x1200, 0xFF10, 0xFFFF
    expect "10h: colour, 256 KiB", bx, 0x0003
    expect "10h: feature bits, switches", cx, 0x0F09
    video 0x1A00, 0
    expect "1Ah: AX", ax, 0x1A00 | 0x1A
    expect "1Ah: VGA with colour", bx, 0x0008
    video 0x12FF, 0x0077
    expect "12h/77h is nothing", ax, 0x12FF

    video 0xFE00
    expect "FEh is nothing", ax, 0xFE00
    video 0x1900
    expect "19h is nothing", ax, 0x1900

    ; Registers stay
    mov bp, 0x1111
    mov si, 0x2222
    mov di, 0x3333
    video 0x0300, 0x0044, 0x5555, 0x6666
    expect "03h: BP", bp, 0x1111
    expect "03h: SI", si, 0x2222
    expect "03h: DI", di, 0x3333
    expect "03h: BX", bx, 0x0044

    ; State of the adapter
    push cs
    pop es
    mov di, .buffer
    video 0x0200, 0, 0, 0x0807
    video 0x1B00, 0
    expect_byte "1Bh known", al, 0x1B
    expect_byte "1Bh: mode", [.buffer + 4], 3
    expect "1Bh: columns", [.buffer + 5], 80
    expect "1Bh: cursor", [.buffer + 0x0B], 0x0807
    expect_byte "1Bh: rows", [.buffer + 0x22], 25
    expect "1Bh: height", [.buffer + 0x23], 16
    expect_byte "1Bh: display", [.buffer + 0x25], 8
    expect "1Bh: colours", [.buffer + 0x27], 16
    expect_byte "1Bh: pages", [.buffer + 0x29], 8
    expect_byte "1Bh: 400 lines", [.buffer + 0x2A], 2
    expect_byte "1Bh: memory", [.buffer + 0x31], 3
    les bx, [.buffer]
    mov al, [es:bx]
    expect_byte "1Bh: modes 0-7", al, 0xFF
    xor ax, ax
    mov es, ax
    jmp .save
.buffer:
    times 64 db 0
.save:
    ; Save, change all, restore
    video 0x1C00, 0xFFFF, 7
    expect_byte "1Ch known", al, 0x1C
    mov cl, 6
    shl bx, cl
    mov ax, 0x5A5A
    mov [0xB000 + bx], ax               ; sentinel behind the buffer at B000h
    push bx
    video 0x1001, 0x0700
    video 0x1010, 0x0003, 0x0102, 0x0300
    video 0x1C01, 0xB000, 7
    pop bx
    expect "1Ch keeps to its size", [0xB000 + bx], 0x5A5A
    expect_attribute "1Ch/1 changes nothing", 0x11, 0x07

    video 0x1202, 0x0030
    video 0x0001
    video 0x1112, 0
    video 0x1C02, 0xB000, 7
    expect_byte "1Ch/2: mode", [BDA + 0x49], 3
    expect "1Ch/2: columns", [BDA + 0x4A], 80
    expect "1Ch/2: cursor", [BDA + 0x50], 0x0807
    expect_crtc "1Ch/2: CRTC 01h", 0x01, 0x4F
    expect_crtc "1Ch/2: CRTC 09h", 0x09, 0x4F
    expect_attribute "1Ch/2: border", 0x11, 0x07
    video 0x1015, 0x0003
    expect "1Ch/2: DAC", cx, 0x0102

    ; Screen and memory off and on
    video 0x1201, 0x0036
    expect_indexed "36h: screen off", 0x3C4, 1, 0x20
    video 0x1200, 0x0036
    expect_indexed "36h: screen on", 0x3C4, 1, 0x00
    video 0x1201, 0x0032
    mov dx, 0x3CC
    in al, dx
    expect_byte "32h: memory off", al, 0x65
    video 0x1200, 0x0032

    ; Print screen
    mov ax, [5 * 4 + 2]
    video 0x1200, 0x0020
    expect "20h: INT 05h", [5 * 4 + 2], [0x43 * 4 + 2]
    video 0x0003
guest_end
