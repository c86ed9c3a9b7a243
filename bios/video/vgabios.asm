; The video ROM: an option ROM for C0000h that gives a VGA its INT 10h. Drives the card through its ports and
; its memory window only, so it runs on any VGA; 8086 code throughout.
; [VGA] IBM PS/2 Hardware Interface Technical Reference, Video Subsystem; [IBM] IBM PS/2 BIOS Interface
; Technical Reference, INT 10h.
; VBE is for Bochs' display interface alone (vbe.inc).

    bits 16
    cpu 8086
    org 0

ROM_SIZE equ 0x8000

%include "equates.inc"

    dw 0xAA55
    db ROM_SIZE / 512
    jmp near initialize

    times 0x18 - ($ - $$) db 0
    dw 0, 0                             ; no PCI data, no PnP header
    times 0x1E - ($ - $$) db 0
    db "IBM VGA compatible BIOS", 0     ; programs look for "IBM" here before they trust an EGA or VGA
    db "Platter video ROM", 0

; Called by POST with a far call. Leaves mode 3 set and all registers as they were.
initialize:
    pushf
    push ax
    push bx
    push cx
    push dx
    push si
    push di
    push bp
    push ds
    push es
    cld
    xor ax, ax
    mov es, ax
    push cs
    pop ds

    cli
    mov ax, [es:0x10 * 4]               ; the system ROM's own INT 10h moves to INT 42h
    mov [es:0x42 * 4], ax
    mov ax, [es:0x10 * 4 + 2]
    mov [es:0x42 * 4 + 2], ax
    mov si, vectors
.vector:
    lodsw
    xchg ax, di
    lodsw
    stosw
    mov ax, cs
    stosw
    cmp si, vectors_end
    jb .vector

    mov ax, BDA_SEGMENT
    mov ds, ax
    mov ax, [BDA_EQUIPMENT]
    and al, 0xCF
    or al, 0x20                         ; 80 columns, colour
    mov [BDA_EQUIPMENT], ax
    mov word [BDA_SAVE_TABLE], save_table
    mov [BDA_SAVE_TABLE + 2], cs
    mov byte [BDA_INFO], 0x60           ; 256 KiB
    mov byte [BDA_SWITCHES], 0xF9
    mov byte [BDA_VGA], VGA_ACTIVE | VGA_400 | 0x40
    mov byte [BDA_DCC], DCC_VGA_COLOR

    mov dx, VGA_ENABLE
    mov al, 1
    out dx, al
    mov ax, 0x0003
    int 0x10

    pop es
    pop ds
    pop bp
    pop di
    pop si
    pop dx
    pop cx
    pop bx
    pop ax
    popf
    retf

vectors:                                ; vector's address, offset in this ROM
    dw 0x10 * 4, int10
    dw 0x1D * 4, crtc_6845
    dw 0x1F * 4, font_8x8 + 128 * 8
    dw 0x43 * 4, font_8x8
vectors_end:

; A handler is called with DS = BDA, SS:BP = frame, DF = 0 and the caller's registers but for SI. It may
; destroy all but BP, DS and SS, and answers by writing into the frame.
int10:
    sti
    cld
    push ds
    push es
    push bp
    push di
    push si
    push dx
    push cx
    push bx
    push ax
    mov bp, sp
    sub sp, LOCAL_BYTES
    mov si, BDA_SEGMENT
    mov ds, si
    cmp ah, (functions_end - functions) / 2
    jae .beyond
    push ax
    mov al, ah
    cbw
    shl ax, 1
    xchg ax, si
    pop ax
    call [cs:functions + si]
.done:
    mov sp, bp
    pop ax
    pop bx
    pop cx
    pop dx
    pop si
    pop di
    pop bp
    pop es
    pop ds
    iret
.beyond:
    cmp ah, 0x4F
    jne .done
    call vbe
    jmp short .done

functions:
    dw set_mode                         ; 00h
    dw set_cursor_shape                 ; 01h
    dw set_cursor                       ; 02h
    dw get_cursor                       ; 03h
    dw light_pen                        ; 04h
    dw set_page                         ; 05h
    dw scroll_up                        ; 06h
    dw scroll_down                      ; 07h
    dw read_cell                        ; 08h
    dw write_cells                      ; 09h
    dw write_characters                 ; 0Ah
    dw set_color_register               ; 0Bh
    dw write_dot                        ; 0Ch
    dw read_dot                         ; 0Dh
    dw teletype                         ; 0Eh
    dw get_mode                         ; 0Fh
    dw palette                          ; 10h
    dw fonts                            ; 11h
    dw alternate                        ; 12h
    dw write_string                     ; 13h
    times 6 dw unsupported              ; 14h-19h
    dw display_combination              ; 1Ah
    dw functionality                    ; 1Bh
    dw save_restore                     ; 1Ch
functions_end:

unsupported:
    ret

%include "modes.inc"
%include "cursor.inc"
%include "text.inc"
%include "graphics.inc"
%include "palette.inc"
%include "fonts.inc"
%include "configuration.inc"
%include "vbe.inc"
%include "tables.inc"

%include "font_8x8.inc"
%include "font_8x14.inc"
%include "font_8x16.inc"

    times ROM_SIZE - ($ - $$) db 0      ; the last byte becomes the checksum
