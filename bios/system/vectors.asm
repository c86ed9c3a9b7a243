; The addresses that programs know by heart: entry points and tables at their places of 1984, each
; a jump to where the code is now. `fixed` stops the assembly when something has grown too far.
; Not here: the drive type table of E401h (drives describe themselves) and the video functions and
; parameters of F045h and F0A4h beyond a plain return: the video ROM has its own.

        fixed   0E05Bh
        jmp     post_entry

        fixed   0E2C3h
nmi_entry:
        jmp     nmi

        fixed   0E3FEh
int13_fixed:
        jmp     int13_entry

        fixed   0E6F2h
int19_fixed:
        jmp     int19_boot

        fixed   0E6F5h
configuration_table:                    ; INT 15h/C0h
        dw      8                       ; bytes that follow
        db      0FCh, 00h, 01h          ; AT, submodel, revision
        db      74h                     ; two 8259, clock, 4Fh is called, EBDA
        db      40h                     ; INT 16h/09h is there
        db      0, 0, 0

        fixed   0E729h
baud_table:                             ; 110, 150, 300, 600, 1200, 2400, 4800, 9600
        dw      0417h, 0300h, 0180h, 00C0h, 0060h, 0030h, 0018h, 000Ch

        fixed   0E739h
int14_fixed:
        jmp     int14_serial

        fixed   0E82Eh
int16_fixed:
        jmp     int16_keyboard

        fixed   0E987h
int09_fixed:
        jmp     int09_keyboard

        fixed   0EC59h
int40_entry:
        jmp     int13_floppy

        fixed   0EF57h
int0e_fixed:
        jmp     int0e_floppy

        fixed   0EFC7h
default_dpt:                            ; INT 1Eh: 1.44 MB
        db      0AFh, 02h, 25h, 02h, 12h, 1Bh, 0FFh, 6Ch, 0F6h, 0Fh, 08h

        fixed   0EFD2h
int17_fixed:
        jmp     int17_printer

        fixed   0F065h
int10_fixed:                            ; no video ROM, no screen
        iret

        fixed   0F0A4h
video_parameters:                       ; INT 1Dh: 6845 values for 40x25, 80x25, graphics, MDA
        db      38h, 28h, 2Dh, 0Ah, 1Fh, 06h, 19h, 1Ch, 02h, 07h, 06h, 07h, 0, 0, 0, 0
        db      71h, 50h, 5Ah, 0Ah, 1Fh, 06h, 19h, 1Ch, 02h, 07h, 06h, 07h, 0, 0, 0, 0
        db      38h, 28h, 2Dh, 0Ah, 7Fh, 06h, 64h, 70h, 02h, 01h, 06h, 07h, 0, 0, 0, 0
        db      61h, 50h, 52h, 0Fh, 19h, 06h, 19h, 19h, 02h, 0Dh, 0Bh, 0Ch, 0, 0, 0, 0
        dw      0800h, 1000h, 4000h, 4000h              ; bytes of a page
        db      40, 40, 80, 80, 40, 40, 80, 80          ; columns by mode
        db      2Ch, 28h, 2Dh, 29h, 2Ah, 2Eh, 1Eh, 29h  ; mode register by mode

        fixed   0F841h
int12_memory:
        sti
        push    ds
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        mov     ax, [bda.memory_kb]
        pop     ds
        iret

        fixed   0F84Dh
int11_equipment:
        sti
        push    ds
        mov     ax, BDA_SEGMENT
        mov     ds, ax
        mov     ax, [bda.equipment]
        pop     ds
        iret

        fixed   0F859h
int15_fixed:
        jmp     int15_system

        fixed   0FA6Eh
%assign glyph 0
%macro db 1+                            ; only characters 00-7F of the 8x8 font have a place here
  %if glyph < 128
        db      %1
  %endif
  %assign glyph glyph + 1
%endmacro
%include "font_8x8.inc"
%unmacro db 1+

        fixed   0FE6Eh
int1a_fixed:
        jmp     int1a_time

        fixed   0FEA5h
int08_fixed:
        jmp     int08_timer

        fixed   0FEF3h
vector_table:                           ; offsets for INT 08h-1Fh
        dw      int08_fixed, int09_fixed, unexpected_irq, unexpected_irq
        dw      unexpected_irq, unexpected_irq, int0e_fixed, unexpected_irq
        dw      int10_fixed, int11_equipment, int12_memory, int13_fixed
        dw      int14_fixed, int15_fixed, int16_fixed, int17_fixed
        dw      int18_no_boot, int19_fixed, int1a_fixed, do_nothing
        dw      do_nothing, video_parameters, default_dpt, 0

        fixed   0FF53h
        iret

        fixed   0FF54h
int05_entry:
        jmp     int05_print_screen

        fixed   0FFF0h
        jmp     ROM_SEGMENT:0E05Bh

        fixed   0FFF5h
        db      "01/01/92"              ; FFF5-FFFC, the date programs look for
        db      0
        db      0FCh                    ; FFFE: AT
        db      0                       ; FFFF: becomes the checksum
