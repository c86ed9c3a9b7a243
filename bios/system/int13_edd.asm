; INT 13h extensions 41h-48h and 4Eh: sectors by number.
; [EDD] T13/1226D BIOS Enhanced Disk Drive Services - 3, and Phoenix EDD 1.1: packets, result buffer,
; device parameter table extension. Transfers go to 8 GB and beyond, to the drive's 28-bit limit.
; Not here: the flat 64-bit buffer address of the 18h-byte packet, removable media (45h, 46h, 49h).

struc packet
.size           resb 1
.reserved       resb 1
.count          resw 1
.offset         resw 1
.segment        resw 1
.lba            resq 1
endstruc

struc edd_result
.size           resw 1
.flags          resw 1
.cylinders      resd 1
.heads          resd 1
.sectors        resd 1
.total          resq 1
.bytes          resw 1
.v1_end:
.dpte           resd 1
.v2_end:
.key            resw 1                  ; BEDDh: a device path follows
.path_length    resb 1
.reserved       resb 3
.host_bus       resb 4
.interface      resb 8
.interface_path resb 8
.device_path    resb 8
.reserved2      resb 1
.checksum       resb 1
.v3_end:
endstruc

; 41h: BX = 55AAh -> AA55h, AH = 30h: EDD-3, CX = 5: packets, and drive parameters.
edd_check:
        cmp     word [bp + frame.bx], 55AAh
        jne     disk_refused
        mov     word [bp + frame.bx], 0AA55h
        mov     word [bp + frame.cx], 0005h
        mov     byte [bp + frame.ah], 30h
        mov     byte [bda.disk_status], 0
        and     byte [bp + frame.flags], ~FLAG_CARRY & 0FFh
        jmp     disk_leave.leave

edd_read:
        mov     word [rq_class], TRANSFER_READ
        jmp     edd_transfer
edd_write:
        cmp     byte [bp + frame.al], 2         ; AL bit 0 verify: a PIO write is checked anyway
        ja      disk_refused
        mov     word [rq_class], TRANSFER_WRITE
        jmp     edd_transfer
edd_verify:
        mov     word [rq_class], TRANSFER_VERIFY
        jmp     edd_transfer
edd_seek:
        mov     word [rq_class], TRANSFER_SEEK
        ; fall through

; The packet at the caller's DS:SI. Its count becomes what was done.
edd_transfer:
        push    ds
        mov     ds, [bp + frame.ds]
        mov     bx, [bp + frame.si]
        cmp     byte [bx + packet.size], packet_size
        jb      .bad
        mov     ax, [bx + packet.count]
        cmp     byte [rq_class], TRANSFER_SEEK
        jne     .count
        mov     ax, 1                   ; a seek has no count
.count: mov     [rq_left], ax
        mov     [rq_wanted], ax
        mov     cx, ax
        mov     ax, [bx + packet.offset]
        mov     [rq_offset], ax
        mov     ax, [bx + packet.segment]
        mov     [rq_segment], ax
        mov     ax, [bx + packet.lba + 4]
        or      ax, [bx + packet.lba + 6]
        jnz     .outside
        mov     ax, [bx + packet.lba]
        mov     dx, [bx + packet.lba + 2]
        mov     [rq_lba_low], ax
        mov     [rq_lba_high], dx
        add     ax, cx                  ; first sector after
        adc     dx, 0
        jc      .outside
        cmp     dx, [es:si + drive.total + 2]
        jne     .compared
        cmp     ax, [es:si + drive.total]
.compared:
        ja      .outside
        cmp     byte [rq_class], TRANSFER_VERIFY
        jae     .size_ok
        cmp     cx, 128                 ; a buffer is one segment
        ja      .bad
.size_ok:
        pop     ds
        call    disk_transfer
        cmp     byte [rq_class], TRANSFER_SEEK
        je      .done
        mov     cx, [rq_wanted]
        sub     cx, [rq_left]
        jmp     .store
.outside:
        mov     ah, 04h
        jmp     .refuse
.bad:   mov     ah, 01h
.refuse:
        pop     ds
        xor     cx, cx
.store: push    ds
        mov     ds, [bp + frame.ds]
        mov     bx, [bp + frame.si]
        mov     [bx + packet.count], cx
        pop     ds
.done:  ret

; 45h, 46h: this disk cannot be removed.
edd_lock:
        mov     ah, 0B2h
        cmp     byte [bp + frame.al], 2         ; "is it locked?"
        jne     .done
        mov     byte [bp + frame.al], 0
.done:  ret
edd_eject:
        mov     ah, 0B2h
        ret

; 4Eh: nothing to set for a drive on an ISA bus in PIO mode; prefetch off and PIO 0 are harmless.
edd_set_hardware:
        mov     al, [bp + frame.al]
        cmp     al, 6
        ja      disk_refused
        test    al, al                  ; 0 prefetch on, 2 best PIO mode, 5 DMA: not ours to give
        jz      disk_refused
        cmp     al, 2
        je      disk_refused
        cmp     al, 5
        je      disk_refused
        mov     byte [bp + frame.al], 0 ; this drive only
        mov     ah, 0
        ret

; 48h: what the drive is, into the caller's DS:SI, as much as its first word makes room for.
edd_parameters:
        push    ds
        push    es
        push    si
        mov     dx, es
        mov     ds, dx
        mov     es, [bp + frame.ds]     ; DS:SI = drive, ES:DI = buffer
        mov     di, [bp + frame.si]
        mov     cx, [es:di]
        cmp     cx, edd_result.v1_end
        jb      .short
        mov     ax, edd_result.v1_end
        cmp     cx, edd_result.v2_end
        jb      .size
        mov     ax, edd_result.v2_end
        cmp     cx, edd_result.v3_end
        jb      .size
        mov     ax, edd_result.v3_end
.size:  mov     bx, ax                  ; BX = what it gets
        push    di
        stosw
        mov     ax, 0001h               ; DMA boundaries are no concern of the caller
        cmp     word [si + drive.total + 2], 16514064 >> 16
        jb      .chs_valid
        ja      .flags
        cmp     word [si + drive.total], 16514064 & 0FFFFh
        ja      .flags
.chs_valid:
        or      al, 02h
.flags: stosw
        mov     ax, [si + drive.ata_cylinders]
        call    .dword
        mov     ax, [si + drive.ata_heads]
        call    .dword
        mov     ax, [si + drive.ata_sectors]
        call    .dword
        mov     ax, [si + drive.total]
        stosw
        mov     ax, [si + drive.total + 2]
        stosw
        xor     ax, ax
        call    .dword
        mov     ax, 512
        stosw
        cmp     bx, edd_result.v1_end
        je      .filled
        lea     ax, [si + drive.dpte]
        stosw
        mov     ax, ds
        stosw
        cmp     bx, edd_result.v2_end
        je      .filled
        push    di
        mov     cx, edd_device_path_size / 2
        push    si
        mov     si, edd_device_path
.path:  cs lodsw
        stosw
        loop    .path
        pop     si
        mov     ax, [si + drive.base]
        stosw
        xor     ax, ax
        stosw
        call    .dword
        mov     al, [si + drive.select]
        mov     cl, 4
        shr     al, cl
        and     al, 01h
        call    .dword                  ; 0 master, 1 slave
        xor     ax, ax
        stosw
        stosw
        stosb
        pop     di
        mov     cx, edd_result.checksum - edd_result.key
        mov     al, 0
.sum:   sub     al, [es:di]
        inc     di
        loop    .sum
        stosb
.filled:
        pop     di
        mov     ah, 0
        jmp     .done
.short: mov     ah, 01h
.done:  pop     si
        pop     es
        pop     ds
        ret
.dword: stosw
        xor     ax, ax
        stosw
        ret

edd_device_path:
        dw      0BEDDh
        db      edd_result.checksum - edd_result.key + 1
        db      0, 0, 0
        db      'ISA '
        db      'ATA     '
edd_device_path_size equ $ - edd_device_path
