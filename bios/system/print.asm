; Text and numbers on the screen during POST and boot, through INT 10h like any program.

; Prints the zero-terminated text after the CALL and returns behind it. Keeps all registers.
print_inline:
        pushf
        push    ax
        push    si
        push    bp
        mov     bp, sp
        mov     si, [bp + 8]            ; return address = start of the text
        call    print_text
        mov     [bp + 8], si
        pop     bp
        pop     si
        pop     ax
        popf
        ret

; CS:SI = text; SI ends behind its zero.
print_text:
        cld
        push    ax
.next:  cs lodsb
        test    al, al
        jz      .done
        call    print_char
        jmp     .next
.done:  pop     ax
        ret

; AL = character. Keeps all registers.
print_char:
        push    ax
        push    bx
        push    bp
        mov     ah, 0Eh
        mov     bx, 0007h
        int     10h
        pop     bp
        pop     bx
        pop     ax
        ret

; AX in decimal. Keeps all registers.
print_word:
        push    dx
        xor     dx, dx
        call    print_dword
        pop     dx
        ret

; DX:AX in decimal. Keeps all registers.
print_dword:
        push    ax
        push    bx
        push    cx
        push    dx
        push    si
        mov     bx, 10
        xor     cx, cx
.digit: mov     si, ax                  ; 32 by 16 bit division in two steps
        mov     ax, dx
        xor     dx, dx
        div     bx
        xchg    ax, si                  ; SI = quotient, high word
        div     bx
        push    dx
        inc     cx
        mov     dx, si
        or      si, ax
        jnz     .digit
.print: pop     ax
        add     al, '0'
        call    print_char
        loop    .print
        pop     si
        pop     dx
        pop     cx
        pop     bx
        pop     ax
        ret

; AX as three hex digits, a port. Keeps all registers.
print_port:
        xchg    al, ah
        call    print_hex_digit
        xchg    al, ah
        push    ax
        push    cx
        mov     cl, 4
        shr     al, cl
        pop     cx
        call    print_hex_digit
        pop     ax
        ; fall through

; Low half of AL as a hex digit. Keeps all registers.
print_hex_digit:
        push    ax
        and     al, 0Fh
        cmp     al, 10
        jb      .decimal
        add     al, 'A' - '0' - 10
.decimal:
        add     al, '0'
        call    print_char
        pop     ax
        ret
