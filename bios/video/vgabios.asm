; The video ROM: an option ROM for C0000h that drives a VGA through its ports.
    bits 16
    cpu 8086
    org 0
ROM_SIZE equ 0x8000

    dw 0xAA55
    db ROM_SIZE / 512
    retf

    times ROM_SIZE - ($ - $$) db 0
