; INT 15h/C2h and INT 74h: the PS/2 mouse. [PS2] pointing device interface; EBDA 22h-2Fh.
; AL = 0 enable, 1 reset, 2 rate, 3 resolution, 4 type, 5 initialise, 6 status and scaling,
; 7 set handler. AH = 0 good, 1 bad function, 2 bad input, 3 interface error, 5 no handler.

MOUSE_HANDLER   equ 80h                 ; mouse_flags

int15_mouse:
        test    byte [bda.equipment], 04h
        jz      int15_unknown
        mov     es, [bda.ebda]
        mov     al, [bp + frame.al]
        cmp     al, 7
        ja      .bad
        mov     bl, al
        xor     bh, bh
        shl     bx, 1
        call    mouse_quiet             ; no interrupts from the 8042 while we talk
        mov     al, [bp + frame.bh]
        call    [cs:.functions + bx]
        pushf
        push    ax
        call    mouse_loud
        pop     ax
        popf
        jc      .failed
        jmp     int15_done_zero
.bad:   mov     ah, 01h
.failed:
        mov     [bp + frame.ah], ah
        jmp     int15_failed

.functions:
        dw      .enable, .reset, .rate, .resolution, .type, .initialise, .extended, .handler

; Send AL, CF = 1 and AH = 3 when the mouse does not take it.
.send:  call    mouse_send
        jnc     .sent
.no_answer:
        mov     ah, 03h
        stc
.sent:  ret

.input_error:
        mov     ah, 02h
        stc
        ret

.enable:
        cmp     al, 1
        ja      .input_error
        mov     byte [es:ebda.mouse_index], 0
        mov     al, 0F5h
        jb      .send
        test    byte [es:ebda.mouse_flags], MOUSE_HANDLER
        mov     ah, 05h
        stc
        jz      .sent
        mov     al, 0F4h
        jmp     .send

.initialise:
        dec     al
        cmp     al, 8
        jae     .input_error
        inc     al
        mov     ah, [es:ebda.mouse_flags]
        and     ah, 0F8h
        or      ah, al
        and     ah, ~08h & 0FFh
        mov     [es:ebda.mouse_flags], ah
.reset: mov     byte [es:ebda.mouse_index], 0
        mov     al, 0FFh
        call    .send
        jc      .sent
        mov     ax, 900
        call    mouse_receive_within
        jc      .no_answer
        mov     [bp + frame.bl], al     ; AAh
        call    mouse_receive
        jc      .no_answer
        mov     [bp + frame.bh], al     ; its type
        ret

.rate:  cmp     al, 6
        ja      .input_error
        mov     bl, al
        xor     bh, bh
        mov     al, 0F3h
        call    .send
        jc      .sent
        mov     al, [cs:.rates + bx]
        jmp     .send
.rates: db      10, 20, 40, 60, 80, 100, 200

.resolution:
        cmp     al, 3
        ja      .input_error
        mov     bl, al
        mov     al, 0E8h
        call    .send
        jc      .sent
        mov     al, bl
        jmp     .send

.type:  mov     al, 0F2h
        call    .send
        jc      .sent
        call    mouse_receive
        jc      .no_answer
        mov     [bp + frame.bh], al
        ret

.extended:
        cmp     al, 2
        ja      .input_error
        je      .double
        cmp     al, 1
        je      .single
        mov     al, 0E9h
        call    .send
        jc      .sent
        call    mouse_receive
        jc      .no_answer
        mov     [bp + frame.bl], al     ; status
        call    mouse_receive
        jc      .no_answer
        mov     [bp + frame.cl], al     ; resolution
        call    mouse_receive
        jc      .no_answer
        mov     [bp + frame.dl], al     ; rate
        ret
.single:
        mov     al, 0E6h
        jmp     .send
.double:
        mov     al, 0E7h
        jmp     .send

; ES:BX = routine to be called far with status, x, y, z as words on the stack; 0:0 = none any more.
.handler:
        mov     ax, [bp + frame.bx]
        mov     [es:ebda.mouse_handler], ax
        mov     cx, [bp + frame.es]
        mov     [es:ebda.mouse_handler + 2], cx
        or      ax, cx
        mov     ah, [es:ebda.mouse_flags]
        jz      .no_handler
        or      ah, MOUSE_HANDLER
        test    ah, 07h
        jnz     .set
        or      ah, 3                   ; bytes of a packet, unless function 5 said otherwise
        jmp     .set
.no_handler:
        and     ah, ~MOUSE_HANDLER & 0FFh
.set:   mov     [es:ebda.mouse_flags], ah
        clc
        ret

; Interrupts of the 8042 off, keyboard clock off, mouse clock on.
mouse_quiet:
        push    ax
        mov     al, KBC_TRANSLATE | KBC_SYSTEM | KBC_KEYS_OFF
        call    kbc_set_mode
        pop     ax
        ret

; Back to normal: keyboard and mouse on, both with their interrupt.
mouse_loud:
        mov     al, KBC_TRANSLATE | KBC_SYSTEM | KBC_IRQ1 | KBC_IRQ12
        call    kbc_set_mode
        cli
        in      al, PIC2_MASK
        and     al, 0EFh
        out     PIC2_MASK, al
        sti
        ret

; IRQ 12: one byte of a packet.
int74_mouse:
        enter_service
        in      al, KBC_STATUS
        and     al, KBC_OUT_FULL | KBC_FROM_MOUSE
        cmp     al, KBC_OUT_FULL | KBC_FROM_MOUSE
        jne     .end
        in      al, KBC_DATA
        mov     es, [bda.ebda]
        test    byte [es:ebda.mouse_flags], MOUSE_HANDLER
        jz      .end
        mov     bl, [es:ebda.mouse_index]
        and     bx, 0007h
        mov     [es:bx + ebda.mouse_packet], al
        inc     bx
        mov     al, [es:ebda.mouse_flags]
        and     al, 07h
        cmp     bl, al
        jb      .more
        mov     byte [es:ebda.mouse_index], 0
        mov     al, EOI
        out     PIC2, al
        out     PIC1, al
        xor     ah, ah
        mov     al, [es:ebda.mouse_packet]
        push    ax
        mov     al, [es:ebda.mouse_packet + 1]
        push    ax
        mov     al, [es:ebda.mouse_packet + 2]
        push    ax
        xor     al, al
        cmp     bl, 4
        jb      .three
        mov     al, [es:ebda.mouse_packet + 3]
.three: push    ax
        call    far [es:ebda.mouse_handler]
        mov     sp, bp
        leave_service
.more:  mov     [es:ebda.mouse_index], bl
.end:   mov     al, EOI
        out     PIC2, al
        out     PIC1, al
        leave_service
