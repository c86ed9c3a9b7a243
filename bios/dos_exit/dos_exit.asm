; EXIT n: ends the run with n, for `platter run --exec`. A DOS program (.COM): reads a number from its
; command line and writes it to the machine's exit port, after everything DOS and a disk cache hold back
; is on the disk.
;
; Sources: [RBIL] Ralf Brown's Interrupt List 61, INT 21h/0Dh (disk reset) and the PSP.

EXIT_PORT    equ 0F4h
COMMAND_TAIL equ 81h                      ; in the PSP

  cpu 8086
  bits 16
  org 100h

  mov ah, 0Dh                             ; flushes DOS's buffers; caches that write late listen too
  int 21h
  mov si, COMMAND_TAIL
  xor bx, bx
  cld
.blank:
  lodsb
  cmp al, ' '
  je .blank
.digit:
  sub al, '0'
  cmp al, 9
  ja .done
  mov cl, al
  mov al, 10
  mul bl
  add al, cl
  mov bl, al
  lodsb
  jmp .digit
.done:
  mov al, bl
  out EXIT_PORT, al
  int 20h                                 ; not reached where the port is there
