; INT 05h: prints the text screen on LPT1. State at 0050:0000: 1 printing, FFh failed.

PRINT_STATE     equ 100h                ; 0050:0000 seen from the BIOS data area

int05_print_screen:
        enter_service
        sti
        mov     al, 1
        xchg    al, [PRINT_STATE]
        cmp     al, 1
        je      .leave                  ; already at it
        mov     ah, 0Fh
        int     10h
        push    ax                      ; AH = columns; BH = page from here on
        mov     ah, 3
        int     10h
        pop     ax
        push    dx                      ; the cursor to go back to
        mov     cl, ah
        mov     ch, [bda.screen_rows]
        test    ch, ch
        jnz     .rows
        mov     ch, 24
.rows:  call    .line_end
        jnz     .failed
        xor     dx, dx
.next:  mov     ah, 2
        int     10h
        mov     ah, 8
        int     10h
        test    al, al
        jnz     .print
        mov     al, ' '
.print: call    .send
        jnz     .failed
        inc     dl
        cmp     dl, cl
        jb      .next
        call    .line_end
        jnz     .failed
        xor     dl, dl
        inc     dh
        cmp     dh, ch
        jbe     .next
        mov     al, 0
        jmp     .state
.failed:
        mov     al, 0FFh
.state: mov     [PRINT_STATE], al
        pop     dx
        mov     ah, 2
        int     10h
.leave: leave_service

; Both: ZF = 0 when the printer failed.
.line_end:
        mov     al, 13
        call    .send
        jnz     .sent
        mov     al, 10
.send:  push    dx
        xor     dx, dx
        mov     ah, 0
        int     17h
        test    ah, 29h                 ; out of paper, I/O error, time-out
        pop     dx
.sent:  ret
