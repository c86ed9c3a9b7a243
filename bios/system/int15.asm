; INT 15h: system services. Memory sizes and the block move are in int15_memory.asm, the mouse in
; int15_mouse.asm. Unknown functions return CF = 1, AH = 86h.

int15_system:
        cmp     ah, 4Fh                 ; the two that are called from interrupt handlers first
        je      int15_keep_key
        cmp     ah, 90h
        je      int15_go_on
        cmp     ah, 91h
        je      int15_go_on
        enter_service
        mov     al, ah
        mov     bx, int15_services
.search:
        cmp     al, [cs:bx]
        je      .found
        add     bx, 3
        cmp     bx, int15_services_end
        jb      .search
        jmp     int15_unknown
.found: jmp     [cs:bx + 1]

int15_unknown:
        mov     byte [bp + frame.ah], 86h
int15_failed:
        or      byte [bp + frame.flags], FLAG_CARRY
        leave_service

; 4Fh, 90h, 91h when nobody has taken them over: CF = 1 keeps the key, CF = 0 goes on waiting.
int15_keep_key:
        stc
        jmp     int15_short
int15_go_on:
        mov     ah, 0
        clc
int15_short:
        push    bp                      ; CF into the caller's flags
        mov     bp, sp
        jc      .set
        and     byte [bp + 6], ~FLAG_CARRY & 0FFh
        pop     bp
        iret
.set:   or      byte [bp + 6], FLAG_CARRY
        pop     bp
        iret

int15_services:
%macro service 2
        db      %1
        dw      %2
%endmacro
        service 24h, int15_a20
        service 52h, int15_done_zero
        service 80h, int15_done_zero
        service 81h, int15_done_zero
        service 82h, int15_done_zero
        service 83h, int15_event_wait
        service 84h, int15_joystick
        service 85h, int15_done_zero
        service 86h, int15_wait
        service 87h, int15_block_move
        service 88h, int15_extended_size
        service 0C0h, int15_configuration
        service 0C1h, int15_ebda
        service 0C2h, int15_mouse
        service 0E8h, int15_memory
int15_services_end:

; Good end: CF = 0; AH = 0 as well in the first form.
int15_done_zero:
        mov     byte [bp + frame.ah], 0
int15_done:
        and     byte [bp + frame.flags], ~FLAG_CARRY & 0FFh
        leave_service

; C0h
int15_configuration:
        mov     [bp + frame.es], cs
        mov     word [bp + frame.bx], configuration_table
        jmp     int15_done_zero

; C1h
int15_ebda:
        mov     ax, [bda.ebda]
        mov     [bp + frame.es], ax
        jmp     int15_done

; 24h: address line 20. AL = 0 off, 1 on, 2 state, 3 ways to switch it. The 8086 and 186 have none.
int15_a20:
        mov     es, [bda.ebda]
        cmp     byte [es:ebda.cpu], CPU_286
        jb      int15_unknown
        mov     al, [bp + frame.al]
        cmp     al, 1
        ja      .query
        mov     ah, al
        call    a20_set
        jmp     int15_done_zero
.query: cmp     al, 3
        ja      int15_unknown
        je      .ways
        call    a20_get
        mov     [bp + frame.al], al
        jmp     int15_done_zero
.ways:  mov     word [bp + frame.bx], 0003h     ; keyboard controller and port 92h
        jmp     int15_done_zero

; AL = 1: A20 is on. Port 92h where there is one, else the keyboard controller's output port.
a20_get:
        in      al, PORT_A20
        cmp     al, 0FFh
        je      .controller
        shr     al, 1
        and     al, 01h
        ret
.controller:
        mov     al, 0D0h
        call    kbc_command
        push    cx
        xor     cx, cx
        mov     ax, 20
        call    kbc_read
        pop     cx
        shr     al, 1
        and     al, 01h
        ret

; AH = 1 on, 0 off. Clobbers AL.
a20_set:
        in      al, PORT_A20
        cmp     al, 0FFh
        je      .controller
        and     al, 0FCh                ; bit 0 would reset the machine
        test    ah, ah
        jz      .write
        or      al, 02h
.write: out     PORT_A20, al
        ret
.controller:
        pushf
        cli
        mov     al, 0D1h
        call    kbc_command
        mov     al, 0DDh
        test    ah, ah
        jz      .port
        or      al, 02h
.port:  call    kbc_write
        call    kbc_wait_ready
        popf
        ret

; 83h: AL = 0: in CX:DX microseconds bit 7 of the byte at ES:BX is set; AL = 1: not any more.
int15_event_wait:
        mov     al, [bp + frame.al]
        cmp     al, 1
        ja      int15_unknown
        je      .cancel
        mov     bx, [bp + frame.bx]
        mov     es, [bp + frame.es]
        and     byte [es:bx], 7Fh
        call    rtc_wait_start
        jc      .busy
        jmp     int15_done_zero
.busy:  mov     byte [bp + frame.ah], 83h       ; as AL says, a wait is under way
        jmp     int15_failed
.cancel:
        call    rtc_wait_stop
        jmp     int15_done_zero

; 86h: waits CX:DX microseconds, halted between the clock's interrupts (976 us apart).
int15_wait:
        mov     ax, ds
        mov     es, ax
        mov     bx, bda.wait_active
        call    rtc_wait_start
        mov     byte [bp + frame.ah], 83h
        jc      int15_failed
        mov     cx, [bp + frame.cx]     ; at most this many ticks (65536 us and more a tick), so
        add     cx, 3                   ; that a clock without interrupts does not hang us
        jc      .limit
        jmp     .begin
.limit: mov     cx, 0FFFFh
.begin: call    wait_begin
.look:  cli
        test    byte [bda.wait_active], RTC_WAIT_DONE
        jnz     .done
        xor     dx, dx
        call    wait_step
        jnc     .look
        call    rtc_wait_stop
.done:  mov     byte [bda.wait_active], 0
        sti
        jmp     int15_done_zero

; Starts a count of the caller's CX:DX microseconds that sets bit 7 at ES:BX. CF = 1: one runs.
rtc_wait_start:
        cli
        test    byte [bda.wait_active], RTC_WAIT_ACTIVE
        stc
        jnz     .done
        mov     byte [bda.wait_active], RTC_WAIT_ACTIVE
        mov     [bda.wait_flag_at], bx
        mov     [bda.wait_flag_at + 2], es
        mov     ax, [bp + frame.dx]
        mov     [bda.wait_left], ax
        mov     ax, [bp + frame.cx]
        mov     [bda.wait_left + 2], ax
        in      al, PIC2_MASK           ; IRQ 8
        and     al, 0FEh
        out     PIC2_MASK, al
        mov     al, CMOS_STATUS_B
        call    cmos_read
        or      al, 40h                 ; periodic interrupt
        mov     ah, al
        mov     al, CMOS_STATUS_B
        call    cmos_write
        clc
.done:  sti
        ret

rtc_wait_stop:
        cli
        mov     al, CMOS_STATUS_B
        call    cmos_read
        and     al, 0BFh
        mov     ah, al
        mov     al, CMOS_STATUS_B
        call    cmos_write
        mov     byte [bda.wait_active], 0
        sti
        ret

; 84h: game port. DX = 0: AL bits 7-4 buttons. DX = 1: AX, BX, CX, DX = positions.
int15_joystick:
        mov     dx, 201h
        cmp     word [bp + frame.dx], 1
        ja      int15_unknown
        je      .positions
        in      al, dx
        and     al, 0F0h
        mov     [bp + frame.al], al
        jmp     int15_done
.positions:
        xor     ax, ax
        mov     [bp + frame.ax], ax
        mov     [bp + frame.bx], ax
        mov     [bp + frame.cx], ax
        mov     [bp + frame.dx], ax
        in      al, dx
        cmp     al, 0FFh                ; no game port
        je      int15_done
        cli
        out     dx, al                  ; fires the four one-shots
        mov     cx, 2048                ; about 1.1 ms at 0.5 us and more a turn
.count: in      al, dx
        test    al, 0Fh
        jz      .stop
        shr     al, 1
        adc     word [bp + frame.ax], 0
        shr     al, 1
        adc     word [bp + frame.bx], 0
        shr     al, 1
        adc     word [bp + frame.cx], 0
        shr     al, 1
        adc     word [bp + frame.dx], 0
        loop    .count
.stop:  sti
        jmp     int15_done
