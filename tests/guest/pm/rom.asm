; The system ROM of the protected-mode suite: starts each case in its turn from the reset vector, so that every
; case meets a processor fresh from reset and a case that shuts the processor down hides none of the others.
; cases.inc (made by tests/oracle/pm_suite.py) holds the cases: case_count and, from case_table on, the offset and the
; length of each. Says on port E9h:
;     CASE n         case n begins; then comes what the case says of itself
;     CRASH          the processor came back through reset in the middle of the case
;     END            all done
; and leaves through port F4h (QEMU's isa-debug-exit) or 8900h (Bochs).
;
; Memory: 0600h = state of this loader, which survives resets; 8000h = the case, entered in real mode with all
; segment registers 0. The rest below 8000h and 20000h-32FFFh (page tables and frames) is zero then.

    cpu 286
    bits 16
    org 0

STATE_MAGIC equ 0x600
STATE_INDEX equ 0x602
STATE_DONE  equ 0x604               ; the case says here that it came to its end
MAGIC       equ 0x4D50
LOAD        equ 0x8000

start:
    cli
    cld
    in al, 0x92                     ; A20 on
    or al, 2
    and al, 0xFE
    out 0x92, al
    mov al, 0xFF                    ; what the case before let through
    out 0x21, al
    out 0xA1, al
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x600
    cmp word [STATE_MAGIC], MAGIC
    je .came_back
    mov word [STATE_MAGIC], MAGIC
    mov ax, [cs:first_case]
    mov [STATE_INDEX], ax
    jmp short .next
.came_back:
    cmp word [STATE_DONE], 0
    jne .counted
    mov si, text_crash
    call say
.counted:
    inc word [STATE_INDEX]
.next:
    mov word [STATE_DONE], 0
    mov bx, [STATE_INDEX]
    cmp bx, [cs:case_count]
    jae finish
    mov si, text_case
    call say
    mov ax, bx
    call say_decimal

    xor ax, ax                      ; memory
    xor di, di
    mov cx, 0x500 / 2               ; the stack in use lies above
    rep stosw
    mov di, 0x610
    mov cx, (LOAD - 0x610) / 2
    rep stosw
    mov dx, 0x2000
    mov es, dx
    xor di, di
    mov cx, 0x8000
    rep stosw
    mov dh, 0x30
    mov es, dx
    mov cx, 0x3000 / 2
    rep stosw
    mov es, ax

    shl bx, 2                       ; the case
    mov si, [cs:bx + case_table]
    mov cx, [cs:bx + case_table + 2]
    mov di, LOAD
    push cs
    pop ds
    rep movsb
    mov ds, cx
    mov sp, 0x600
    jmp 0:LOAD

finish:
    mov si, text_end
    call say
    mov al, 0x10
    out 0xF4, al
    mov dx, 0x8900
    mov si, text_shutdown
.next:
    cs lodsb
    out dx, al
    cmp al, 0
    jne .next
.stop:
    hlt
    jmp short .stop

; CS:SI = text
say:
    cs lodsb
    cmp al, 0
    je .done
    out 0xE9, al
    jmp short say
.done:
    ret

; AX, then the end of the line
say_decimal:
    mov cx, 10
    mov dx, 10 - '0'                ; the line end is the first "digit" to go on the stack
    push dx
.divide:
    xor dx, dx
    div cx
    push dx
    or ax, ax
    jnz .divide
.print:
    pop ax
    add al, '0'
    out 0xE9, al
    cmp al, 10
    jne .print
    ret

text_case:     db "CASE ", 0
text_crash:    db "CRASH", 10, 0
text_end:      db "END", 10, 0
text_shutdown: db "Shutdown", 0

%include "cases.inc"

    times 0xFFE0 - ($ - $$) db 0xFF
first_case:                         ; patched when a run goes on after a case that hung
    dw 0
    times 0xFFF0 - ($ - $$) db 0xFF
    jmp 0xF000:start
    times 0x10000 - ($ - $$) db 0xFF
