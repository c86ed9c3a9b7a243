; A boot sector that shows one picture for tests/oracle/vga_modes.sh and says "shown" on port E9h. PICTURE names it; pictures.inc
; holds what is drawn. 386 code: it runs on the oracles' boards only.
    bits 16
    cpu 386
    org 0x7C00

start:
    xor ax, ax
    mov ds, ax
    mov es, ax
    cli
    mov ss, ax
    mov sp, 0x7C00
    sti
    mov ax, 0x0200 + (image_end - drawing + 511) / 512
    mov bx, drawing
    mov cx, 0x0002
    mov dh, 0
    int 0x13
    jc .stop
    call PICTURE
    xor si, si
    mov ds, si
    mov si, .text
.shown:
    lodsb
    out 0xE9, al
    cmp al, 10
    jne .shown
.stop:
    hlt
    jmp .stop
.text:
    db "shown", 10

    times 510 - ($ - $$) db 0
    dw 0xAA55

drawing:
%include "pictures.inc"
    align 512, db 0
image_end:
    times 1474560 - ($ - $$) db 0
