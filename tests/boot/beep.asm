; Boots from a floppy, rings the bell through INT 10h, is silent, plays 1000 Hz for a quarter of a second by the
; timer, and ends the run.
        org 7C00h
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 7C00h
        sti
        mov ax, 0E07h                   ; BEL
        xor bx, bx
        int 10h
        call silence

        mov al, 0B6h                    ; channel 2, square wave
        out 43h, al
        mov al, 1193 & 0FFh
        out 42h, al
        mov al, 1193 >> 8
        out 42h, al
        in al, 61h
        or al, 3
        out 61h, al
        mov cx, 250000 >> 16
        mov dx, 250000 & 0FFFFh
        mov ah, 86h                     ; wait so many microseconds
        int 15h
        in al, 61h
        and al, 0FCh
        out 61h, al
        call silence

        xor al, al
        out 0F4h, al
        cli
        hlt

silence:
        mov cx, 200000 >> 16
        mov dx, 200000 & 0FFFFh
        mov ah, 86h
        int 15h
        ret

        times 510 - ($ - $$) db 0
        dw 0AA55h
        times 1474560 - 512 db 0
