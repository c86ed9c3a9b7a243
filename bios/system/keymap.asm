; What each key means: per scan code 01h-58h four words, scan code in the high byte and character in
; the low one, for plain, shift, ctrl and alt. 0 = no code. Character F0h marks codes that only the
; enhanced functions of INT 16h show. US layout.

%define NONE 0
%macro key 4
        dw      %1, %2, %3, %4
%endmacro

keymap:
        key     011Bh, 011Bh, 011Bh, 01F0h      ; 01 Esc
        key     0231h, 0221h, NONE,  7800h      ; 02 1
        key     0332h, 0340h, 0300h, 7900h      ; 03 2
        key     0433h, 0423h, NONE,  7A00h      ; 04 3
        key     0534h, 0524h, NONE,  7B00h      ; 05 4
        key     0635h, 0625h, NONE,  7C00h      ; 06 5
        key     0736h, 075Eh, 071Eh, 7D00h      ; 07 6
        key     0837h, 0826h, NONE,  7E00h      ; 08 7
        key     0938h, 092Ah, NONE,  7F00h      ; 09 8
        key     0A39h, 0A28h, NONE,  8000h      ; 0A 9
        key     0B30h, 0B29h, NONE,  8100h      ; 0B 0
        key     0C2Dh, 0C5Fh, 0C1Fh, 8200h      ; 0C -
        key     0D3Dh, 0D2Bh, NONE,  8300h      ; 0D =
        key     0E08h, 0E08h, 0E7Fh, 0EF0h      ; 0E Backspace
        key     0F09h, 0F00h, 9400h, 0A500h     ; 0F Tab
        key     1071h, 1051h, 1011h, 1000h      ; 10 q
        key     1177h, 1157h, 1117h, 1100h      ; 11 w
        key     1265h, 1245h, 1205h, 1200h      ; 12 e
        key     1372h, 1352h, 1312h, 1300h      ; 13 r
        key     1474h, 1454h, 1414h, 1400h      ; 14 t
        key     1579h, 1559h, 1519h, 1500h      ; 15 y
        key     1675h, 1655h, 1615h, 1600h      ; 16 u
        key     1769h, 1749h, 1709h, 1700h      ; 17 i
        key     186Fh, 184Fh, 180Fh, 1800h      ; 18 o
        key     1970h, 1950h, 1910h, 1900h      ; 19 p
        key     1A5Bh, 1A7Bh, 1A1Bh, 1AF0h      ; 1A [
        key     1B5Dh, 1B7Dh, 1B1Dh, 1BF0h      ; 1B ]
        key     1C0Dh, 1C0Dh, 1C0Ah, 1CF0h      ; 1C Enter
        key     NONE,  NONE,  NONE,  NONE       ; 1D Ctrl
        key     1E61h, 1E41h, 1E01h, 1E00h      ; 1E a
        key     1F73h, 1F53h, 1F13h, 1F00h      ; 1F s
        key     2064h, 2044h, 2004h, 2000h      ; 20 d
        key     2166h, 2146h, 2106h, 2100h      ; 21 f
        key     2267h, 2247h, 2207h, 2200h      ; 22 g
        key     2368h, 2348h, 2308h, 2300h      ; 23 h
        key     246Ah, 244Ah, 240Ah, 2400h      ; 24 j
        key     256Bh, 254Bh, 250Bh, 2500h      ; 25 k
        key     266Ch, 264Ch, 260Ch, 2600h      ; 26 l
        key     273Bh, 273Ah, NONE,  27F0h      ; 27 ;
        key     2827h, 2822h, NONE,  28F0h      ; 28 '
        key     2960h, 297Eh, NONE,  29F0h      ; 29 `
        key     NONE,  NONE,  NONE,  NONE       ; 2A left Shift
        key     2B5Ch, 2B7Ch, 2B1Ch, 2BF0h      ; 2B backslash
        key     2C7Ah, 2C5Ah, 2C1Ah, 2C00h      ; 2C z
        key     2D78h, 2D58h, 2D18h, 2D00h      ; 2D x
        key     2E63h, 2E43h, 2E03h, 2E00h      ; 2E c
        key     2F76h, 2F56h, 2F16h, 2F00h      ; 2F v
        key     3062h, 3042h, 3002h, 3000h      ; 30 b
        key     316Eh, 314Eh, 310Eh, 3100h      ; 31 n
        key     326Dh, 324Dh, 320Dh, 3200h      ; 32 m
        key     332Ch, 333Ch, NONE,  33F0h      ; 33 ,
        key     342Eh, 343Eh, NONE,  34F0h      ; 34 .
        key     352Fh, 353Fh, NONE,  35F0h      ; 35 /
        key     NONE,  NONE,  NONE,  NONE       ; 36 right Shift
        key     372Ah, 372Ah, 9600h, 37F0h      ; 37 keypad *
        key     NONE,  NONE,  NONE,  NONE       ; 38 Alt
        key     3920h, 3920h, 3920h, 3920h      ; 39 Space
        key     NONE,  NONE,  NONE,  NONE       ; 3A Caps Lock
        key     3B00h, 5400h, 5E00h, 6800h      ; 3B F1
        key     3C00h, 5500h, 5F00h, 6900h      ; 3C F2
        key     3D00h, 5600h, 6000h, 6A00h      ; 3D F3
        key     3E00h, 5700h, 6100h, 6B00h      ; 3E F4
        key     3F00h, 5800h, 6200h, 6C00h      ; 3F F5
        key     4000h, 5900h, 6300h, 6D00h      ; 40 F6
        key     4100h, 5A00h, 6400h, 6E00h      ; 41 F7
        key     4200h, 5B00h, 6500h, 6F00h      ; 42 F8
        key     4300h, 5C00h, 6600h, 7000h      ; 43 F9
        key     4400h, 5D00h, 6700h, 7100h      ; 44 F10
        key     NONE,  NONE,  NONE,  NONE       ; 45 Num Lock
        key     NONE,  NONE,  NONE,  NONE       ; 46 Scroll Lock
        key     4700h, 4737h, 7700h, NONE       ; 47 Home 7   (alt: numbers, see int09)
        key     4800h, 4838h, 8D00h, NONE       ; 48 up 8
        key     4900h, 4939h, 8400h, NONE       ; 49 PgUp 9
        key     4A2Dh, 4A2Dh, 8E00h, 4AF0h      ; 4A keypad -
        key     4B00h, 4B34h, 7300h, NONE       ; 4B left 4
        key     4CF0h, 4C35h, 8F00h, NONE       ; 4C 5
        key     4D00h, 4D36h, 7400h, NONE       ; 4D right 6
        key     4E2Bh, 4E2Bh, 9000h, 4EF0h      ; 4E keypad +
        key     4F00h, 4F31h, 7500h, NONE       ; 4F End 1
        key     5000h, 5032h, 9100h, NONE       ; 50 down 2
        key     5100h, 5133h, 7600h, NONE       ; 51 PgDn 3
        key     5200h, 5230h, 9200h, NONE       ; 52 Ins 0
        key     5300h, 532Eh, 9300h, NONE       ; 53 Del .
        key     NONE,  NONE,  NONE,  NONE       ; 54 SysReq
        key     NONE,  NONE,  NONE,  NONE       ; 55
        key     565Ch, 567Ch, NONE,  NONE       ; 56 the 102nd key
        key     8500h, 8700h, 8900h, 8B00h      ; 57 F11
        key     8600h, 8800h, 8A00h, 8C00h      ; 58 F12
KEYMAP_LAST     equ 58h

; Characters of the keypad digits 47h-52h for Alt + number; FFh = no digit.
keypad_digits:
        db      7, 8, 9, 0FFh, 4, 5, 6, 0FFh, 1, 2, 3, 0
