; Ways through the reset vector: CMOS 0Fh shutdown codes 05h, 0Ah, 0Bh, 0Ch,
; and Ctrl-Alt-Del with its warm boot. CMOS 7Fh tells the second boot that it is one.
; Not for QEMU, whose reset by the 8042 is one of the whole board: the 8259 forget their masks.
%define TEST_NAME "reset"
%include "harness.inc"

PHASE           equ 7Fh

        test_begin
        mov     al, PHASE
        out     70h, al
        in      al, 71h
        cmp     al, 5Ah
        je      second_boot

        case "0Ah: resumes at 0040:0067, memory kept"
        mov     ah, 0Ah
        mov     word [467h], .jumped
        call    reset
.jumped:
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, [saved_sp]
        cmp     ax, ax
        require e

        case "05h: the same after an EOI"
        mov     ah, 05h
        mov     word [467h], .jumped_eoi
        call    reset
.jumped_eoi:
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, [saved_sp]
        mov     al, 0Bh
        out     20h, al
        in      al, 20h
        require_equal al, 0

        case "0Ch: RETF from the stack there"
        mov     ah, 0Ch
        push    cs
        mov     bx, .far
        push    bx
        mov     [467h], sp
        call    reset
.far:   xor     ax, ax
        mov     ds, ax
        mov     bx, ss
        require_equal bx, 0
        mov     sp, [saved_sp]

        case "0Bh: IRET from there"
        mov     ah, 0Bh
        pushf
        push    cs
        mov     bx, .back
        push    bx
        mov     [467h], sp
        call    reset
.back:  xor     ax, ax
        mov     ds, ax
        mov     sp, [saved_sp]

        case "CMOS 0Fh is cleared"
        mov     al, 0Fh
        out     70h, al
        in      al, 71h
        require_equal al, 0
        sti

        cmp     word [failures], 0
        jne     .verdict
        mov     al, PHASE
        out     70h, al
        mov     al, 5Ah
        out     71h, al
        mov     word [0500h], 0
        mov     word [8000h + 4000h], 0C0DEh    ; base memory above 32 KB: kept by a warm boot
        mov     si, .ctrl_alt_del
.press: cs lodsb
        mov     ah, al
        call    idle
        mov     al, 0D2h
        out     64h, al
        call    idle
        mov     al, ah
        out     60h, al
        mov     cx, 2
.wait:  hlt
        loop    .wait
        jmp     .press
.ctrl_alt_del:
        db      1Dh, 38h, 53h, 0, 0, 0, 0, 0
.verdict:
        jmp     verdict

second_boot:
        mov     al, PHASE
        out     70h, al
        mov     al, 0
        out     71h, al
        case "Ctrl-Alt-Del boots again and keeps memory"
        require_equal word [8000h + 4000h], 0C0DEh
        require_equal word [472h], 0, "reset flag"

        test_end

; Resets the CPU with shutdown code AH; 0040:0069 = 0. The stack pointer of the caller is kept.
reset:  pop     bx
        mov     [saved_sp], sp
        mov     word [469h], 0
        mov     al, 0Fh
        out     70h, al
        mov     al, ah
        out     71h, al
        cli
        mov     al, 0FEh
        out     64h, al
.wait:  hlt
        jmp     .wait
idle:   in      al, 64h
        test    al, 02h
        jnz     idle
        ret
saved_sp:       dw 0

        test_image
