; The Platter system ROM: 64 KB for F0000h-FFFFFh, 8086 code but for what stands behind a CPU test.
; It drives the chips of an AT by their data sheets and asks nothing of the board but its CMOS, so it
; runs on other machines as well. docs/bios.md says what each service does and does not do.
; Not here: setup screen, Plug and Play, PCI, power management, booting from CD or network.

        cpu     8086
        bits    16
        org     0

%include "equates.inc"
%include "macros.inc"

%include "post.asm"
%include "post_report.asm"
%include "print.asm"
%include "cmos.asm"
%include "wait.asm"
%include "irq.asm"
%include "int05_print_screen.asm"
%include "kbc.asm"
%include "int09_keyboard.asm"
%include "keymap.asm"
%include "int16.asm"
%include "fdc.asm"
%include "int13_floppy.asm"
%include "ata.asm"
%include "ata_detect.asm"
%include "disk_transfer.asm"
%include "int13_disk.asm"
%include "int13_edd.asm"
%include "int14_serial.asm"
%include "int15.asm"
%include "int15_memory.asm"
%include "int15_mouse.asm"
%include "int17_printer.asm"
%include "int19_boot.asm"
%include "int1a_time.asm"
%include "vectors.asm"
