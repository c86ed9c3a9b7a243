; INT 10h AH=4Fh on boards with Bochs' display interface.
%include "guest.inc"
%include "video.inc"

BLOCK equ 0x2000

guest_test "video/vbe"
    ; 00h
    mov word [BLOCK], "VB"
    mov word [BLOCK + 2], "E2"
    mov di, BLOCK
    video 0x4F00
    expect "00h", ax, 0x004F
    expect "signature", [BLOCK], "VE"
    expect "its end", [BLOCK + 2], "SA"
    expect "version", [BLOCK + 4], 0x0200
    expect "the DAC is switchable", [BLOCK + 0x0A], 1
    les si, [BLOCK + 0x0E]
    mov cx, 0
.mode:
    mov ax, [es:si]
    add si, 2
    cmp ax, 0xFFFF
    je .listed
    cmp ax, 0x105
    jne .mode
    inc cx
    jmp .mode
.listed:
    expect "mode 105h is listed once", cx, 1
    xor ax, ax
    mov es, ax

    ; 01h
    mov di, BLOCK
    video 0x4F01, 0, 0x0114
    expect "01h", ax, 0x004F
    expect "attributes", [BLOCK], 0x009B
    expect "window's size", [BLOCK + 6], 64
    expect "window's segment", [BLOCK + 8], 0xA000
    expect "bytes of a line", [BLOCK + 0x10], 1600
    expect "width", [BLOCK + 0x12], 800
    expect "height", [BLOCK + 0x14], 600
    expect_byte "bits", [BLOCK + 0x19], 16
    expect_byte "direct colour", [BLOCK + 0x1B], 6
    expect "red", [BLOCK + 0x1F], 0x0B05
    expect "green", [BLOCK + 0x21], 0x0506
    expect "linear memory", [BLOCK + 0x2A], 0xE000
    mov di, BLOCK
    video 0x4F01, 0, 0x0199
    expect "01h of no mode", ax, 0x014F

    ; 02h, 03h
    video 0x4F02, 0x0101
    expect "02h", ax, 0x004F
    video 0x4F03
    expect "03h: mode", bx, 0x0101
    video 0x0F00
    expect_byte "0Fh", al, 0x6F
    video 0x4F02, 0x4101
    video 0x4F03
    expect "03h: linear", bx, 0x4101
    video 0x4F02, 0x0199
    expect "02h of no mode", ax, 0x014F
    video 0x4F03
    expect "changes nothing", bx, 0x4101

    ; 05h
    mov ax, 0xA000
    mov es, ax
    video 0x4F05, 0, 0, 2
    expect "05h", ax, 0x004F
    mov byte [es:0x123], 0x77
    video 0x4F05, 0, 0, 0
    expect_byte "another bank", [es:0x123], 0
    video 0x4F05, 0, 0, 2
    expect_byte "the first again", [es:0x123], 0x77
    video 0x4F05, 0x0100, 0, 0xFFFF
    expect "05h: ask", dx, 2
    video 0x4F05, 0, 0, 0x4000
    expect "05h: a bank beyond memory", ax, 0x014F
    video 0x4F05, 1, 0, 0
    expect "05h: window B", ax, 0x014F
    mov di, BLOCK
    xor ax, ax
    mov es, ax
    video 0x4F01, 0, 0x0101
    mov bx, 0
    mov dx, 1
    call far [BLOCK + 0x0C]
    video 0x4F05, 0x0100, 0, 0
    expect "the window's far call", dx, 1

    ; 06h, 07h
    video 0x4F06, 1
    expect "06h: bytes", bx, 640
    expect "06h: pixels", cx, 640
    video 0x4F06, 0, 1000
    expect "06h: set", ax, 0x004F
    expect "to whole characters", cx, 1000
    video 0x4F06, 0, 100
    expect "06h: narrower than the screen", ax, 0x014F
    video 0x4F06, 3
    expect "06h: the longest, asked for", ax, 0x004F
    video 0x4F06, 1
    expect "and not set", cx, 1000
    video 0x4F07, 0, 16, 32
    expect "07h", ax, 0x004F
    video 0x4F07, 1, 0, 0
    expect "07h: column", cx, 16
    expect "07h: line", dx, 32
    video 0x4F07, 0, 0, 60000
    expect "07h: outside", ax, 0x014F
    video 0x4F07, 0x80, 8, 1
    expect "07h at retrace", ax, 0x004F

    ; 08h, 09h
    video 0x4F08, 1
    expect_byte "08h: six bits", bh, 6
    video 0x4F08, 0x0800
    expect "08h: eight", bx, 0x0800
    mov di, BLOCK
    mov word [BLOCK], 0x2211
    mov word [BLOCK + 2], 0x0083
    video 0x4F09, 0, 1, 5
    expect "09h", ax, 0x004F
    mov word [BLOCK], 0
    mov word [BLOCK + 2], 0
    mov di, BLOCK
    video 0x4F09, 1, 1, 5
    expect "09h: green and blue", [BLOCK], 0x2211
    expect "09h: red", [BLOCK + 2], 0x0083

    ; 04h
    video 0x4F04, 0, 0x000F, 0
    expect "04h", ax, 0x004F
    expect "04h: blocks", bx, 2 + 1 + 13 + 1
    mov bx, BLOCK
    video 0x4F04, BLOCK, 0x000F, 1
    expect "04h: save", ax, 0x004F
    video 0x0003
    video 0x4F04, BLOCK, 0x000F, 2
    expect "04h: restore", ax, 0x004F
    video 0x4F03
    expect "the mode is back", bx, 0x4101
    video 0x4F06, 1
    expect "and its line", cx, 1000
    video 0x4F07, 1
    expect "and its start", cx, 8

    ; 0Ah and the rest
    push es
    mov bx, 0
    mov ax, 0x4F0A
    int 0x10
    expect "0Ah", ax, 0x004F
    mov ax, [es:di]
    pop es
    expect "its first entry lies behind the table", ax, 8
    video 0x4F15
    expect "15h is unknown", ax, 0x0100

    ; Back
    video 0x4F02, 0x0003
    expect "02h of a VGA mode", ax, 0x004F
    video 0x4F03
    expect "03h: VGA mode", bx, 3
    video 0x0E41, 7
    expect_cell "text works", 0, 0, 0x0741
    video 0x4F06, 1
    expect "06h in text", ax, 0x014F
guest_end
