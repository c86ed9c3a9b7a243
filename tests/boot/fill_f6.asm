; A boot floppy that fills the first hard disk with F6h, as FORMAT leaves a disk, through INT 13h: 127
; sectors at a time to the disk's end. 386 code. Says nothing; leaves through port F4h with 10h = done,
; 11h = the BIOS reported an error.

    bits 16
    cpu 386
    org 0x7C00

DISK equ 0x80
AT_ONCE equ 127                         ; what every BIOS takes in one request
BUFFER equ 0x1000                       ; segment

    xor ax, ax
    mov ds, ax
    cli
    mov ss, ax
    mov sp, 0x7C00
    sti
    cld
    mov ax, BUFFER
    mov es, ax
    xor di, di
    mov cx, AT_ONCE * 256
    mov ax, 0xF6F6
    rep stosw

    mov ah, 0x48                        ; the disk's size
    mov dl, DISK
    mov si, parameters
    int 0x13
    jc failed
next:
    mov eax, [parameters + 16]          ; sectors; disks of this test have fewer than 2^32
    sub eax, [packet_lba]
    jz done
    cmp eax, AT_ONCE
    jbe .last
    mov eax, AT_ONCE
.last:
    mov [packet_count], ax
    push eax
    mov ax, 0x4300                      ; write, no verify
    mov dl, DISK
    mov si, packet
    int 0x13
    pop eax
    jc failed
    add [packet_lba], eax
    jmp next
done:
    mov al, 0x10
    jmp leave_machine
failed:
    mov al, 0x11
leave_machine:
    out 0xF4, al
    cli
    hlt

    align 4
packet:
    dw 16
packet_count:
    dw 0
    dw 0, BUFFER
packet_lba:
    dd 0, 0
parameters:
    dw 26
    times 24 db 0

    times 510 - ($ - $$) db 0
    dw 0xAA55
