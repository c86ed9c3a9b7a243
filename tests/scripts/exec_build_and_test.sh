#!/bin/bash
# Builds a DOS program and tests it, from a folder of this computer, as a CI job would:
#
#   platter run --exec 'PROGRAM ARGUMENTS' --dir FOLDER --dos IMAGE
#
# boots the DOS of IMAGE (which stays as it is), with FOLDER as the next hard disk, runs the program there
# and ends with its errorlevel. What it printed is printed, what it changed is copied back into FOLDER.
#
#   exec_build_and_test.sh PLATTER
# shellcheck source-path=SCRIPTDIR source=../support/harness.sh
. "$(dirname "$0")/../support/harness.sh"
need_platter
image freedos-hdd-32m-65x16x63.img "$work/dos.img" # a FreeDOS with an assembler in C:\WORK

mkdir "$work/project"
cat >"$work/project/add.asm" <<'ASM'
; ADD.COM a b: prints nothing, ends with errorlevel a+b (digits)
        org 100h
        mov al, [82h]
        add al, [84h]
        sub al, 2 * '0'
        mov ah, 4Ch
        int 21h
ASM
cat >"$work/project/test.bat" <<'BAT'
@echo off
add 2 3
if errorlevel 6 goto wrong
if not errorlevel 5 goto wrong
echo 2 + 3 is 5 > result.txt
echo All tests passed
goto end
:wrong
echo ADD cannot add
:end
BAT
sum() { sha256sum <"$1"; }
before=$(sum "$work/dos.img")

dos() { # dos COMMAND: runs it, keeps what it printed and its errorlevel
  errorlevel=0
  "$platter" run --exec "$1" --dir "$work/project" --dos "$work/dos.img" --timeout 120s >"$work/out" 2>"$work/err" ||
    errorlevel=$?
}

dos 'C:\WORK\NASM add.asm -o add.com'
[ "$errorlevel" = 0 ] || fail "NASM ended with $errorlevel: $(cat "$work/out" "$work/err")"
[ -s "$work/project/ADD.COM" ] || fail "ADD.COM was not copied back"

dos 'test'
[ "$errorlevel" = 5 ] || fail "TEST.BAT ended with errorlevel $errorlevel: $(cat "$work/out" "$work/err")"
grep -qx 'All tests passed' "$work/out" || fail "the output was: $(cat "$work/out")"
grep -q '2 + 3 is 5' "$work/project/RESULT.TXT" || fail "RESULT.TXT was not copied back"

dos 'add 9 9'
[ "$errorlevel" = 18 ] || fail "ADD 9 9 ended with errorlevel $errorlevel"
[ ! -s "$work/out" ] || fail "ADD printed: $(cat "$work/out")"

dos 'nosuch'
[ "$errorlevel" = 201 ] || fail "a program that is not there ended with $errorlevel"
dos 'pause'
[ "$errorlevel" = 203 ] || fail "a program that waits for ever ended with $errorlevel"
grep -q 'guest time' "$work/err" || fail "no reason in: $(cat "$work/err")"
dos 'C:\DOS\CHKDSK D:'
grep -q 'lost\|error' "$work/out" && fail "CHKDSK complains: $(cat "$work/out")"

[ "$(sum "$work/dos.img")" = "$before" ] || fail "the DOS image was changed"
echo "ok: built, tested, and the image is what it was"
