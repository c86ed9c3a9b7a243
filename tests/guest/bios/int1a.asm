; INT 1Ah: ticks, clock, date, alarm; INT 08h and INT 1Ch behind them.
%define TEST_NAME "int1a"
%include "harness.inc"

        test_begin

        case "ticks advance with time and midnight flag is clear"
        mov     ah, 0
        int     1Ah
        require nc
        push    dx
        require_equal al, 0
        mov     cx, 3
.tick:  hlt
        loop    .tick
        mov     ah, 0
        int     1Ah
        pop     bx
        cmp     dx, bx
        require a

        case "INT 1Ch is called by the timer"
        push    word [1Ch * 4]
        push    word [1Ch * 4 + 2]
        cli
        mov     word [1Ch * 4], count_tick
        mov     word [1Ch * 4 + 2], 0
        sti
        mov     cx, 5
.user:  hlt
        loop    .user
        cli
        pop     word [1Ch * 4 + 2]
        pop     word [1Ch * 4]
        sti
        cmp     word [user_ticks], 3
        require ae

        case "midnight rolls the counter over and sets the flag once"
        mov     cx, 18h
        mov     dx, 00AFh
        mov     ah, 1
        int     1Ah
        mov     cx, 4
.roll:  hlt
        loop    .roll
        mov     ah, 0
        int     1Ah
        require_equal al, 1
        require_equal cx, 0
        cmp     dx, 10
        require b
        mov     ah, 0
        int     1Ah
        require_equal al, 0

        case "time of day can be set and read"
        mov     ah, 3
        mov     cx, 1234h
        mov     dx, 5600h
        int     1Ah
        require nc
        mov     ah, 2
        int     1Ah
        require nc
        require_equal cx, 1234h
        cmp     dh, 56h
        require ae
        cmp     dh, 58h
        require be

        case "date can be set and read"
        mov     ah, 5
        mov     cx, 2031h
        mov     dx, 1130h
        int     1Ah
        require nc
        mov     ah, 4
        int     1Ah
        require nc
        require_equal cx, 2031h
        require_equal dx, 1130h

        case "alarm calls INT 4Ah"
        mov     word [4Ah * 4], count_alarm
        mov     word [4Ah * 4 + 2], 0
        mov     ah, 3                   ; 23:59:57
        mov     cx, 2359h
        mov     dx, 5700h
        int     1Ah
        mov     ah, 6                   ; FFh: at any hour. Bochs shifts it by the host's time zone
        mov     cx, 0FF59h
        mov     dx, 5900h
        int     1Ah
        require nc
        mov     ah, 6                   ; a second one is refused
        int     1Ah
        require c, "second alarm"
        mov     cx, 75                  ; ticks, 4.1 s
.alarm: hlt
        cmp     byte [alarms], 0
        jne     .came
        loop    .alarm
.came:  mov     al, [alarms]
        require_equal al, 1
        mov     ah, 7
        int     1Ah
        require nc

        case "functions that are not there return CF"
        mov     ax, 0B101h
        int     1Ah
        require c
        mov     ah, 8
        int     1Ah
        require c

        test_end

count_tick:
        inc     word [cs:user_ticks]
        iret
count_alarm:
        inc     byte [cs:alarms]
        iret
user_ticks:     dw 0
alarms:         db 0

        test_image
